internal import Deliberation

/// Decides what happens in answer to a request for a completion: who is asked, how that one behaves, what it says. Pure
/// but for what it remembers of earlier tries.
struct Direction {
  let defaultLatency: Int
  var tries = Tries()
  var overrides = Overrides()

  struct Asked: Sendable {
    var format = Format.openAI
    let body: [UInt8]
    var call: CallName?
    var execution: String?
  }

  init(defaultLatency: Int) { self.defaultLatency = defaultLatency }

  /// What was read of a request, or the refusal that it gets. Needs no memory, so it is done outside of any lock.
  struct Reading: Sendable {
    let request: ChatRequest
    let wishes: [ModelName.Wish]
    let duty: Duty
    let purpose: Purpose?
    let asked: Asked
    let promptSeed: Seed
  }

  static func read(_ asked: Asked) throws(Refused) -> Reading {
    let request: ChatRequest
    do {
      request = try ChatRequest(try JSON.parse(asked.body), asked.format)
    } catch let error as ChatRequest.Malformed {
      throw Refused(
        .init(
          status: 400, type: "invalid_request_error", code: "invalid_request", message: error.description,
          parameter: error.path))
    } catch {
      throw Refused(
        .init(
          status: 400, type: "invalid_request_error", code: "invalid_json", message: "the body is not JSON: \(error)"))
    }
    do throws(ModelName.UnknownPart) {
      var wishes = try ModelName(request.model).wishes
      for text in request.userTexts {
        for directive in try Directive.all(in: text) where directive.concerns(model: request.model, call: asked.call) {
          wishes += directive.wishes
        }
      }
      let duty = DutyReader.duty(of: request)
      return Reading(
        request: request, wishes: wishes, duty: duty,
        purpose: asked.call?.purpose ?? DutyReader.purpose(of: request, duty), asked: asked,
        promptSeed: request.promptSeed)
    } catch {
      throw Refused(
        .init(
          status: 404, type: "invalid_request_error", code: "model_not_found", message: error.description,
          parameter: "model"))
    }
  }

  struct Refused: Error {
    let refusal: Refusal
    init(_ refusal: Refusal) { self.refusal = refusal }
  }

  /// How this request is treated. `now` is on the clock of `Alarms`.
  mutating func manner(for reading: Reading, now: Int64) -> Manner {
    let wishes = reading.wishes + overrides.wishes(for: reading.request.model, now: now)
    guard !wishes.isEmpty else { return Manner([], for: nil) }
    let manner = Manner(wishes, for: reading.purpose)
    guard let occasion = manner.occasion else { return manner }
    return happens(occasion, reading, now) ? manner : manner.calm
  }

  private mutating func happens(_ occasion: Part.Occasion, _ reading: Reading, _ now: Int64) -> Bool {
    let model = reading.request.model
    let identity = reading.asked.call.map { Seed($0.text) } ?? reading.promptSeed
    switch occasion {
    case .first(let count): return tries.next(identity.mixed(model).value) < count
    case .sometimes(let percent):
      let number = tries.next(identity.mixed(model).value)
      return identity.mixed(model).mixed("sometimes").mixed(number).happens(percent: percent)
    case .between(let seconds):
      let age = tries.age(of: model, now: now)
      return age >= Double(seconds.lowerBound) && age < Double(seconds.upperBound)
    }
  }

  /// `epoch` is the time of day in seconds since 1970.
  func script(for reading: Reading, _ manner: Manner, epoch: Int) -> Script {
    let request = reading.request
    let seed = reading.promptSeed.mixed(request.model)
    let milliseconds = manner.latency.map { seed.mixed("latency").within($0) } ?? defaultLatency
    let completion = SimulatedModel(
      request: request, duty: reading.duty, promptSeed: reading.promptSeed, manner: manner,
      execution: reading.asked.execution, now: epoch
    ).completion()
    return Staging(manner: manner, request: request, completion: completion, milliseconds: milliseconds).script()
  }
}
