internal import Deliberation
internal import Folding
internal import Threads
internal import Web

/// Someone who waits here for a deliberation: with one answer at its end, with a stream, or, where it was asked for
/// without waiting, with nobody behind it.
final class Client: Sendable {
  enum Manner: Sendable {
    case whole(OpenRouterMetadata?)
    case stream(any AnswerStream)
    case nobody
  }

  let deliberation: String
  /// What is remembered of its ask; nil where it was answered without one.
  let entry: Recollection.Entry?
  let visit: Visit
  /// Milliseconds since 1970: when it came, and when it is told that time is over, whatever the rest of the system says.
  let since: Int64
  let until: Int64
  private let isAttended: Bool
  private let state: Lock<State>

  private struct State {
    var manner: Manner
    var acknowledgedAt: Int64?
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
    if case .nobody = manner { isAttended = false } else { isAttended = true }
    state = Lock(State(manner: manner))
  }

  /// What it takes of the room here, until it leaves.
  func hold(_ ticket: Entrance.Ticket) { state.withLock { $0.ticket = ticket } }

  func leave(_ entrance: Entrance, cost: Double) {
    let ticket = state.withLock { state in
      defer { state.ticket = nil }
      return state.ticket
    }
    if let ticket { entrance.leave(ticket, cost: cost, now: WallClock.now()) }
  }

  var isAcknowledged: Bool { state.withLock { $0.acknowledgedAt != nil } }
  var bufferedBytes: Int { state.withLock { $0.writer }?.bufferedBytes ?? 0 }

  /// The brokers have the ask: from now on its id may be told.
  func acknowledged(_ now: Int64) {
    state.withLock { state in if state.acknowledgedAt == nil { state.acknowledgedAt = now } }
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
      state.isOver = true
      switch state.manner {
      case .nobody: return nil
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

  func fail(_ failure: Failure, naming: Bool = true) {
    let isPlain = state.withLock { state -> Bool in
      guard !state.isOver else { return false }
      state.isOver = true
      guard case .stream(var stream) = state.manner, state.isOpening else { return isAttended }
      state.pending += stream.failed(failure)
      return false
    }
    if isPlain { failure.respond(visit, naming ? deliberation : nil) } else { drain() }
  }

  /// Nobody reads any more.
  func left() { state.withLock { $0.isOver = true } }

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
    guard isAttended else { return }
    let isOpening = state.withLock { state -> Bool? in
      guard !state.isDraining, !state.pending.isEmpty || state.isOver else { return nil }
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
