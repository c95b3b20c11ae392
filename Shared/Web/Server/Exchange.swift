internal import CMicrohttpd
internal import Threads

/// One request and its answer, shared by libmicrohttpd's thread, the watch over hang-ups, and whoever answers.
// Unchecked because `received` and what belongs to it are only touched on libmicrohttpd's thread, and the connection's
// pointer is only used there, or by the one caller whom the state told to resume: while a connection is suspended
// libmicrohttpd keeps it.
final class Exchange: @unchecked Sendable {
  let connection: ServerConnection
  private let pointer: OpaquePointer
  private let state = Lock(AnswerState())
  let streamLimit: Int

  /// The request as it came, without its body.
  let request: ServerRequest
  let began = ContinuousClock.now

  // only on libmicrohttpd's thread
  private(set) var received: [UInt8] = []
  var discarded = 0
  var refusal: Refusal?
  var isHandedOut = false
  var isWatched = false

  init(
    _ connection: ServerConnection, _ pointer: OpaquePointer, _ request: ServerRequest, streamLimit: Int
  ) {
    self.connection = connection
    self.pointer = pointer
    self.request = request
    self.streamLimit = streamLimit
  }

  var isAnswered: Bool { state.withLock { $0.isAnswered } }
  var buffered: Int { state.withLock { $0.buffered } }

  func respond(_ head: AnswerState.Head, _ body: [UInt8]) { perform(state.withLock { $0.respond(head, body) }) }

  /// False where the request has been answered already.
  func stream(_ head: AnswerState.Head) -> Bool {
    let (isFirst, action) = state.withLock { $0.stream(head) }
    perform(action)
    return isFirst
  }

  func onClose(_ body: @escaping @Sendable () -> Void) { perform(state.withLock { $0.onClose(body) }) }
  func finish() { perform(state.withLock { $0.finish() }) }
  func abort() { perform(state.withLock { $0.abort() }) }
  func hangUp() { perform(state.withLock { $0.hangUp() }) }
  func stop() { perform(state.withLock { $0.stop() }) }

  func write(_ bytes: [UInt8]) -> Bool {
    let (taken, action) = state.withLock { $0.write(bytes, limit: streamLimit) }
    perform(action)
    return taken
  }

  // MARK: on libmicrohttpd's thread

  func receive(_ bytes: UnsafeRawBufferPointer) { received.append(contentsOf: bytes) }

  /// Lets go of what has been received; how much that was.
  func drop() -> Int {
    defer { received = [] }
    return received.count
  }

  /// The request with its body.
  var whole: ServerRequest {
    var whole = request
    whole.body = received
    return whole
  }

  func reply() -> AnswerState.Reply { state.withLock { $0.reply() } }

  func take(into target: UnsafeMutableBufferPointer<UInt8>) -> AnswerState.Piece {
    state.withLock { $0.take(into: target) }
  }

  /// Lays the connection aside until there is something to send. While it lies there libmicrohttpd does not look at its
  /// socket, so from the first time on the watch does.
  func suspend(streaming: Bool) {
    if !isWatched {
      isWatched = true
      connection.watchForHangUp()
    }
    MHD_suspend_connection(pointer)
    perform(state.withLock { $0.suspended(streaming: streaming) })
  }

  func completed(_ outcome: AnswerState.Outcome) { perform(state.withLock { $0.completed(outcome) }) }

  private func perform(_ action: AnswerState.Action) {
    if action.resume { MHD_resume_connection(pointer) }
    if action.cut { connection.cut(self) }
    for tell in action.tell { tell() }
  }
}
