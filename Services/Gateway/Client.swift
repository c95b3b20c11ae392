internal import Bus
internal import Deliberation
internal import Folding
internal import Threads
internal import Web

/// Someone who asked here for a deliberation, until that has ended: with one answer at its end, with a stream, with no
/// more than the word that the ask was taken in, or with nobody behind it any more.
final class Client: Sendable {
  enum Manner: Sendable {
    case whole(OpenRouterMetadata?)
    case stream(any AnswerStream)
    case acceptance
    case nobody
  }

  let deliberation: String
  /// What is remembered of its ask; nil where it was answered without one.
  let entry: Recollection.Entry?
  let visit: Visit
  /// Milliseconds since 1970: when it came, and when it is told that time is over, whatever the rest of the system says.
  let since: Int64
  let until: Int64
  private let state: Lock<State>

  private struct State {
    var manner: Manner
    var acknowledgedAt: Int64?
    /// It was told that no broker took its ask.
    var isGivenUp = false
    var isOver = false
    var isOpening = false
    var writer: BodyWriter?
    /// What is to be written, in order; one thread at a time writes it, outside of the lock.
    var pending: [UInt8] = []
    var isDraining = false
    var lastWrite: Int64 = 0
    var ticket: Entrance.Ticket?
  }

  /// After which silence a stream shows that it lives, and how long a refusal may still come as one, with its status.
  static let keepAlive: Int64 = 5_000
  static let patience: Int64 = 500
  static let comment = SSE.comment("OPENROUTER PROCESSING")

  init(
    _ deliberation: String, _ entry: Recollection.Entry?, _ visit: Visit, _ manner: Manner, since: Int64, until: Int64
  ) {
    self.deliberation = deliberation
    self.entry = entry
    self.visit = visit
    self.since = since
    self.until = until
    state = Lock(State(manner: manner))
  }

  /// The trace that its deliberation is told in.
  var trace: String? { Trace.trace(of: visit.request.header("traceparent"), subject: deliberation) }

  /// What it takes of the room here, until it leaves.
  func hold(_ ticket: Entrance.Ticket) { state.withLock { $0.ticket = ticket } }

  func leave(_ entrance: Entrance, cost: Double, now: Int64 = WallClock.now()) {
    let ticket = state.withLock { state in
      defer { state.ticket = nil }
      return state.ticket
    }
    if let ticket { entrance.leave(ticket, cost: cost, now: now) }
  }

  var holdsRoom: Bool { state.withLock { $0.ticket != nil } }

  /// Whether somebody is there to be answered.
  var isAttended: Bool {
    state.withLock { state in
      if case .nobody = state.manner { false } else { true }
    }
  }

  var isAcknowledged: Bool { state.withLock { $0.acknowledgedAt != nil } }
  var bufferedBytes: Int { state.withLock { $0.writer }?.bufferedBytes ?? 0 }

  /// The brokers have the ask: from now on its id may be told. False where it was given up before.
  func acknowledged(_ now: Int64) -> Bool {
    state.withLock { state in
      guard !state.isGivenUp else { return false }
      if state.acknowledgedAt == nil { state.acknowledgedAt = now }
      return true
    }
  }

  /// No broker has taken the ask so far: whoever asked is told so, and asks again. False where one has.
  func giveUp() -> Bool {
    state.withLock { state in
      guard state.acknowledgedAt == nil else { return false }
      state.isGivenUp = true
      return true
    }
  }

  func delta(_ delta: Reply.Delta, now: Int64) { show(now) { $0.delta(delta) } }
  func step(_ step: Reply.Step, now: Int64) { show(now) { $0.step(step) } }

  /// A reply shows that the ask is on the bus, also before the producer has heard so.
  private func show(_ now: Int64, _ what: (inout any AnswerStream) -> [UInt8]) {
    let isDue = state.withLock { state -> Bool in
      guard !state.isOver, case .stream(var stream) = state.manner else { return false }
      let bytes = what(&stream)
      state.manner = .stream(stream)
      guard !bytes.isEmpty else { return false }
      if state.acknowledgedAt == nil { state.acknowledgedAt = now }
      state.pending += bytes
      state.lastWrite = now
      return true
    }
    if isDue { drain() }
  }

  /// The end. What was refused before a stream began is told with its status.
  func answer(_ code: Int, _ body: JSON) {
    let whole = state.withLock { state -> (status: Int, body: JSON, metadata: OpenRouterMetadata?)? in
      guard !state.isOver else { return nil }
      // who was promised no answer is told that the ask was taken in, whatever came of it meanwhile
      if case .acceptance = state.manner { return nil }
      state.isOver = true
      switch state.manner {
      case .nobody, .acceptance: return nil
      case .whole(let metadata): return (code, body, metadata)
      case .stream(var stream):
        guard state.isOpening || code == 200 else { return (code, body, nil) }
        state.pending += stream.result(code: code, body)
        return nil
      }
    }
    if let whole {
      visit.respond(
        whole.status, Failure.headers(deliberation), (whole.metadata?.added(to: whole.body) ?? whole.body).bytes)
    } else {
      drain()
    }
  }

  /// The ask itself was refused; the deliberation of that id is another's.
  func refuse(_ code: Int, _ body: JSON) {
    guard isFirstWord() else { return answer(code, body) }
    visit.respond(code, Failure.headers(deliberation), body.bytes)
  }

  /// The ask cannot be lost any more: whoever waits for no more than that is told.
  func accept(_ status: String) {
    guard isFirstWord() else { return }
    visit.respond(202, Failure.headers(deliberation), Door.link(deliberation, status: status).bytes)
  }

  /// Whether somebody waits for acceptance alone and has not been told; whoever asks has to tell them.
  private func isFirstWord() -> Bool {
    state.withLock { state in
      guard case .acceptance = state.manner, !state.isOver else { return false }
      state.isOver = true
      return true
    }
  }

  func fail(_ failure: Failure, naming: Bool = true) {
    let isPlain = state.withLock { state -> Bool in
      guard !state.isOver else { return false }
      state.isOver = true
      if case .nobody = state.manner { return false }
      guard case .stream(var stream) = state.manner, state.isOpening else { return true }
      state.pending += stream.failed(failure)
      return false
    }
    if isPlain { failure.respond(visit, naming ? deliberation : nil) } else { drain() }
  }

  /// Nobody reads any more.
  func left() {
    state.withLock { state in
      state.isOver = true
      state.manner = .nobody
      state.pending = []
    }
  }

  /// Looked at several times a second: begins a stream in which nothing has happened yet, and breaks a silence.
  func tick(_ now: Int64) {
    let isDue = state.withLock { state -> Bool in
      guard !state.isOver, case .stream = state.manner, let since = state.acknowledgedAt else { return false }
      let due = state.isOpening ? now - state.lastWrite >= Self.keepAlive : now - since >= Self.patience
      guard due else { return false }
      state.pending += Self.comment
      state.lastWrite = now
      return true
    }
    if isDue { drain() }
  }

  /// Writes what waits, in order, whoever brought it.
  private func drain() {
    let isOpening = state.withLock { state -> Bool? in
      guard case .stream = state.manner, !state.isDraining, !state.pending.isEmpty || state.isOver else { return nil }
      state.isDraining = true
      defer { state.isOpening = true }
      return !state.isOpening
    }
    guard let isOpening else { return }
    if isOpening {
      let writer = visit.stream(200, Self.headers + [("X-Generation-Id", deliberation)])
      state.withLock { $0.writer = writer }
    }
    while true {
      let (bytes, writer, isOver) = state.withLock { state -> ([UInt8], BodyWriter?, Bool) in
        let bytes = state.pending
        state.pending = []
        if bytes.isEmpty { state.isDraining = false }
        return (bytes, state.writer, state.isOver)
      }
      guard !bytes.isEmpty else {
        if isOver {
          writer?.finish()
          visit.ended(200)
        }
        return
      }
      guard writer?.write(bytes) ?? false else {
        state.withLock { $0.isOver = true }
        return visit.ended(200)
      }
    }
  }

  /// Ends a stream whose reader has stopped reading.
  func cut() {
    let writer = state.withLock { state in
      state.isOver = true
      return state.writer
    }
    writer?.abort()
  }

  private static let headers = [
    ("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no"),
  ]
}
