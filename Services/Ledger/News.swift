internal import Threads

/// Who waits for something to be written: followers of the log and of one deliberation, and the full text.
final class News: Sendable {
  private struct State {
    var written = 0
    var waiting: [Int: @Sendable () -> Void] = [:]
    var next = 0
  }

  /// Followers that wait at once; more are told at once, and ask again.
  static let most = 1_000

  private let state = Lock(State())

  /// How many batches were written so far: taken before a look into the file, so that nothing is missed between.
  var mark: Int { state.withLock { $0.written } }

  /// Calls `body` once, as soon as something was written after `mark`. Returns a number to take it back with.
  func wait(after mark: Int, _ body: @escaping @Sendable () -> Void) -> Int? {
    let number = state.withLock { state -> Int? in
      guard state.written == mark, state.waiting.count < Self.most else { return nil }
      state.next += 1
      state.waiting[state.next] = body
      return state.next
    }
    if number == nil { body() }
    return number
  }

  /// The same, but calls `body` at the latest after so long.
  func wait(after mark: Int, within limit: Duration, _ body: @escaping @Sendable () -> Void) {
    guard let number = wait(after: mark, body) else { return }
    Task { [self] in
      try? await Task.sleep(for: limit)
      if cancel(number) { body() }
    }
  }

  /// True where it was still waiting.
  func cancel(_ number: Int) -> Bool { state.withLock { $0.waiting.removeValue(forKey: number) != nil } }

  func tell(_ written: Writer.Written) {
    let waiting = state.withLock { state in
      state.written += 1
      defer { state.waiting = [:] }
      return state.waiting.values.map(\.self)
    }
    for body in waiting { body() }
  }
}
