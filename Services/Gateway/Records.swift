internal import Deliberation
internal import Folding

/// What became of deliberations: from the ledger where there is one, else from what this gateway has seen itself.
final class Records: Sendable {
  /// A deliberation as far as it is known.
  struct Known: Sendable {
    var tenant: String
    var status: String
    var bodyHash: String?
    var result: (code: Int, body: JSON)?
    /// The trace that its ask came in, where that is known.
    var trace: String?

    var isOpen: Bool { status == "open" }
  }

  enum Found: Sendable {
    case known(Known)
    case missing
    case unreachable(Failure)
  }

  /// Part of what happened: events in order, where to go on, and whether there will be no more.
  struct Page: Sendable {
    var events: [JSON]
    var next: Int64
    var isOver: Bool
  }

  private let known: Recollection
  private let ledger: LedgerClient?

  init(known: Recollection, ledger: LedgerClient?) {
    self.known = known
    self.ledger = ledger
  }

  /// How often this gateway's own memory is looked at for what is new.
  private static let pause = Duration.milliseconds(200)

  var hasLedger: Bool { ledger != nil }

  func stop() { ledger?.stop() }

  func find(_ id: String) async -> Found {
    // what ended here lately may not stand in the ledger yet
    if let entry = known[id], entry.result != nil || ledger == nil { return .known(Known(entry)) }
    guard let ledger else { return .missing }
    switch await ledger.deliberation(id) {
    case .found(let json): return .known(Known(json))
    case .missing: return known[id].map { .known(Known($0)) } ?? .missing
    case .silent(let why):
      if let entry = known[id] { return .known(Known(entry)) }
      return .unreachable(Self.silent(why))
    }
  }

  /// Whether the ledger holds an ask; where there is none, what was acknowledged is all there is.
  func holds(_ id: String, within limit: Duration) async -> Bool {
    guard let ledger else { return true }
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if case .found = await ledger.deliberation(id) { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  func generation(_ id: String) async throws(Failure) -> JSON? {
    if let ledger {
      switch await ledger.generation(id) {
      case .found(let json):
        // an answer that is not there yet has no row
        if json["data"]?["status"] != "open" { return Generation.completed(json["data"] ?? [:]) }
      case .missing: break
      case .silent(let why): if known[id] == nil { throw Self.silent(why) }
      }
    }
    return known[id].flatMap { Generation.json(id, $0) }
  }

  /// What is behind that place. Where that is nothing and the deliberation goes on, whoever asks waits for up to so long.
  func events(_ id: String, after: Int64, wait: Duration = .zero) async throws(Failure) -> Page {
    if let ledger {
      switch await ledger.events(id, after: after, wait: wait) {
      case .found(let json):
        let events = json["events"]?.array ?? []
        let next = json["next"]?.int ?? events.last?["seq"]?.int ?? after
        let isAll = events.count < LedgerClient.page
        return Page(events: events, next: next, isOver: isAll && json["status"]?.string != "open")
      case .missing: break
      case .silent(let why): if known[id] == nil { throw Self.silent(why) }
      }
    }
    if wait > .zero { try? await Task.sleep(for: min(wait, Self.pause)) }
    guard let entry = known[id] else { return Page(events: [], next: after, isOver: true) }
    let events = entry.events(id)
    return Page(
      events: Array(events.dropFirst(Int(after))), next: Int64(events.count), isOver: entry.result != nil)
  }

  /// Answers whoever asked under a key whose deliberation had ended.
  func answerLate(_ client: Client) async {
    if case .known(let known) = await find(client.deliberation), let (code, body) = known.result {
      return client.answer(code, body)
    }
    client.fail(
      Failure(
        409, "precondition_failed",
        "The deliberation of this key has ended, and its result cannot be read here; it is on the results topic. Use another key to ask again."
      ))
  }

  static func silent(_ why: String) -> Failure {
    Failure(
      503, "provider_unavailable", "The ledger cannot be asked (\(why)); is it running at CONCLAVE_LEDGER?",
      retryAfter: 1)
  }
}

extension Records.Known {
  init(_ entry: Recollection.Entry) {
    self.init(tenant: entry.tenant, status: entry.status, bodyHash: entry.bodyHash, result: entry.result)
  }

  /// As the ledger tells it.
  init(_ json: JSON) {
    var result: (Int, JSON)?
    if let body = json["result"] { result = (Int(json["code"]?.int ?? 200), body) }
    self.init(
      tenant: json["tenant"]?.string ?? "default", status: json["status"]?.string ?? "open",
      bodyHash: json["body_sha256"]?.string, result: result, trace: json["deliberation"]?["trace"]?.string)
  }
}

extension Recollection.Entry {
  /// The steps that this gateway was told of, as events.
  func events(_ id: String) -> [JSON] {
    var events: [JSON] = steps.map { step in
      [
        "id": .string(step.event), "type": .string("conclave.\(step.name).v1"), "deliberation": .string(id),
        "time": .string(step.time), "data": step.data,
      ]
    }
    if let result, let ended {
      events.append([
        "id": .string("\(id)/deliberation.\(status)/end"), "type": .string("conclave.deliberation.\(status).v1"),
        "deliberation": .string(id), "time": .string(Moment(milliseconds: ended).rfc3339),
        "data": ["status_code": .int(Int64(result.code))],
      ])
    }
    return events
  }
}
