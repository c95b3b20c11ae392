internal import Deliberation
internal import Folding

/// What became of deliberations: from the ledger where there is one, else from what this gateway has seen itself.
final class Records: Sendable {
  /// A deliberation as far as it is known.
  struct Known: Sendable {
    var tenant: String
    var status: String
    /// Of the body that it began with, once the log says so: while it is open, what this gateway remembers may be an ask
    /// that is about to be refused.
    var bodyHash: String?
    /// How many sit on its panel, where that is known.
    var members: Int?
    var isForgotten = false
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
    guard let ledger else { return known[id].map { .known(Known($0)) } ?? .missing }
    switch await ledger.deliberation(id) {
    case .found(let json):
      var told = Known(json)
      told.members = told.members ?? known[id]?.members
      if told.isForgotten { known.drop(id) }
      // what ended here lately may not stand there yet
      if told.isOpen, let entry = known[id], entry.result != nil { return .known(Known(entry)) }
      return .known(told)
    case .missing: return known[id].map { .known(Known($0)) } ?? .missing
    case .silent(let why):
      if let entry = known[id] { return .known(Known(entry)) }
      return .unreachable(Self.silent(why))
    }
  }

  /// What became of an ask that was written: whether the ledger holds its deliberation, and is that of its body?
  enum Held: Equatable, Sendable {
    case held(status: String)
    case other, lost
  }

  /// Waits until the ledger holds an ask; where there is none, what was acknowledged is all there is. `body`: the hash of
  /// one that came under a key, which may be that of another question; it is waited for a moment until that is known.
  func holds(_ id: String, body: String?, within limit: Duration) async -> Held {
    guard let ledger else { return .held(status: "open") }
    let start = ContinuousClock.now
    var last: String?
    while ContinuousClock.now < start + limit {
      if case .found(let json) = await ledger.deliberation(id) {
        let told = Known(json)
        last = told.status
        if let body, let hash = told.bodyHash, hash != body { return .other }
        let isSure = body == nil || told.bodyHash != nil || !told.isOpen
        if isSure || ContinuousClock.now > start + Self.patience { return .held(status: told.status) }
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return last.map { .held(status: $0) } ?? .lost
  }

  /// How long the body of an ask that still waits in its topic is waited for.
  private static let patience = Duration.seconds(1)

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

  /// Answers whoever asked under a key whose deliberation had ended. The ledger may learn of that end a little later.
  func answerLate(_ client: Client, within limit: Duration = .seconds(5)) async {
    let end = ContinuousClock.now + limit
    repeat {
      if case .known(let known) = await find(client.deliberation), !known.isOpen {
        client.accept(known.status)
        guard let (code, body) = known.result else { return client.fail(.gone) }
        return client.answer(code, body)
      }
      guard hasLedger else { return client.fail(.gone) }
      try? await Task.sleep(for: Self.pause)
    } while ContinuousClock.now < end
    client.fail(
      Failure(
        503, "provider_unavailable",
        "The deliberation of this key has ended, and the ledger does not know its result yet. Try again.", retryAfter: 1
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
    self.init(
      tenant: entry.tenant, status: entry.status, bodyHash: entry.result == nil ? nil : entry.bodyHash,
      members: entry.members, result: entry.result)
  }

  /// As the ledger tells it.
  init(_ json: JSON) {
    var result: (Int, JSON)?
    if let body = json["result"] { result = (Int(json["code"]?.int ?? 200), body) }
    self.init(
      tenant: json["tenant"]?.string ?? "default", status: json["status"]?.string ?? "open",
      bodyHash: json["body_sha256"]?.string, members: json["deliberation"]?["panel"]?.array?.count,
      isForgotten: json["deliberation"]?["forgotten"] != nil, result: result,
      trace: json["deliberation"]?["trace"]?.string)
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
