/// One answer on its way to the client, as a value: what is asked of it from any thread, what libmicrohttpd asks for on
/// its own. Every method says what to do next; whoever holds the lock does that after letting go of it.
struct AnswerState {
  struct Head: Sendable {
    let status: Int
    let headers: [(String, String)]
  }

  private enum Answer {
    case none
    case whole(Head, [UInt8])
    case stream(Head)
  }

  private enum Place {
    /// libmicrohttpd is in one of our callbacks, or sends, or has been told to come back.
    case running
    /// It has laid the connection aside until we resume it.
    case suspended
    /// It has let go of the request.
    case over
  }

  /// Why an answer will not be completed.
  private enum End {
    case gone, aborted, stopped
  }

  /// What the caller does after letting go of the lock.
  struct Action {
    var resume = false
    /// Shut the socket down: libmicrohttpd may be waiting for it to take more, and would not ask us any more.
    var cut = false
    var tell: [@Sendable () -> Void] = []
    /// Nobody calls these any more. They leave the lock before they are freed: what they hold may be the last owner of
    /// the responder, which asks this state whether it was answered when it goes.
    var spent: [@Sendable () -> Void] = []
  }

  enum Reply {
    case whole(Head, [UInt8])
    case stream(Head)
    /// Cut the connection.
    case cut
    /// Nothing yet: lay the connection aside.
    case later
  }

  enum Piece: Equatable {
    case bytes(Int)
    case end
    case cut
    case later
  }

  private var answer = Answer.none
  private var place = Place.running
  private var end: End?
  private var finished = false
  private var buffer: [UInt8] = []
  private var taken = 0
  private var closers: [@Sendable () -> Void] = []

  var buffered: Int { buffer.count - taken }

  var isAnswered: Bool {
    if case .none = answer { false } else { true }
  }

  // MARK: from any thread

  mutating func respond(_ head: Head, _ body: [UInt8]) -> Action {
    guard case .none = answer, place != .over else { return Action() }
    answer = .whole(head, body)
    return wake()
  }

  /// False where the request has been answered already.
  mutating func stream(_ head: Head) -> (Bool, Action) {
    guard case .none = answer else { return (false, Action()) }
    answer = .stream(head)
    return (true, wake())
  }

  mutating func onClose(_ body: @escaping @Sendable () -> Void) -> Action {
    if end == .gone { return Action(tell: [body]) }
    if place != .over, end == nil { closers.append(body) }
    return Action()
  }

  /// False where nobody will read it any more. One piece goes in whatever its size, so that a long ending is none of the
  /// reader's fault: what waits is bounded by the limit and that piece.
  mutating func write(_ bytes: [UInt8], limit: Int) -> (Bool, Action) {
    guard end == nil else { return (false, Action()) }
    guard !finished else { return (false, Action()) }
    // the request was a HEAD, and its answer is complete without a body
    guard place != .over else { return (true, Action()) }
    guard !bytes.isEmpty else { return (true, Action()) }
    guard buffered <= limit else { return (false, hangUp()) }
    if taken == buffer.count {
      buffer = bytes
      taken = 0
    } else {
      if taken > 65_536 { dropTaken() }
      buffer.append(contentsOf: bytes)
    }
    return (true, wake())
  }

  mutating func finish() -> Action {
    guard !finished, end == nil else { return Action() }
    finished = true
    return wake()
  }

  mutating func abort() -> Action { finished ? Action() : close(.aborted) }

  /// The client has gone.
  mutating func hangUp() -> Action { close(.gone) }

  /// The server ends. That is no hang-up, so nobody is told of one.
  mutating func stop() -> Action { close(.stopped) }

  // MARK: from libmicrohttpd's thread

  func reply() -> Reply {
    if end != nil { return .cut }
    return switch answer {
    case .none: .later
    case .whole(let head, let body): .whole(head, body)
    case .stream(let head): .stream(head)
    }
  }

  mutating func take(into target: UnsafeMutableBufferPointer<UInt8>) -> Piece {
    if end != nil { return .cut }
    guard buffered > 0 else { return finished ? .end : .later }
    let count = min(buffered, target.count)
    buffer.withUnsafeBufferPointer { bytes in
      _ = target.update(fromContentsOf: UnsafeBufferPointer(rebasing: bytes[taken..<(taken + count)]))
    }
    taken += count
    if taken == buffer.count {
      buffer = []
      taken = 0
    }
    return .bytes(count)
  }

  /// The connection has been laid aside. Where something came in the meantime it is resumed at once.
  mutating func suspended(streaming: Bool) -> Action {
    place = .suspended
    let ready =
      if end != nil {
        true
      } else if streaming {
        buffered > 0 || finished
      } else if case .none = answer {
        false
      } else {
        true
      }
    return ready ? wake() : Action()
  }

  /// libmicrohttpd is done with the request.
  mutating func completed(_ outcome: Outcome) -> Action {
    place = .over
    buffer = []
    taken = 0
    switch outcome {
    case .sent: return Action(spent: takeClosers())
    case .broken: return close(.gone)
    case .stopped: return close(.stopped)
    }
  }

  enum Outcome {
    case sent, broken, stopped
  }

  private mutating func close(_ why: End) -> Action {
    guard end == nil else { return Action() }
    end = why
    buffer = []
    taken = 0
    var action = wake()
    action.cut = place == .running && !action.resume && why != .stopped
    if why == .gone { action.tell = takeClosers() } else { action.spent = takeClosers() }
    return action
  }

  private mutating func wake() -> Action {
    guard place == .suspended else { return Action() }
    place = .running
    return Action(resume: true)
  }

  private mutating func dropTaken() {
    buffer.removeFirst(taken)
    taken = 0
  }

  private mutating func takeClosers() -> [@Sendable () -> Void] {
    defer { closers = [] }
    return closers
  }
}
