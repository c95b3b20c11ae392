internal import Threads

/// A few threads for what blocks or computes for long, which must not run where tasks do. They come when there is work
/// and go when there is none.
final class Workers: Sendable {
  enum Outcome<Value: Sendable>: Sendable {
    case done(Value)
    /// Too many wait already.
    case full
    /// It waits or works still, and nobody waits for it any more.
    case late, cancelled
  }

  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var running = 0
  }

  private let state = Lock(State())
  private let name: String
  private let threads: Int
  private let queue: Int

  init(_ name: String, threads: Int, queue: Int) {
    self.name = name
    self.threads = threads
    self.queue = queue
  }

  /// Comes back with the first of: its value, the end of that time, the end of the task. What nobody waits for any more
  /// when its turn comes is not begun.
  func run<Value: Sendable>(within limit: Duration, _ body: @escaping @Sendable () -> Value) async -> Outcome<Value> {
    let end = FirstEnd<Outcome<Value>>()
    let clock = Task {
      if (try? await Task.sleep(for: limit)) != nil { end.come(.late) }
    }
    defer { clock.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        end.wait(continuation)
        let isTaken = add { if !end.hasCome { end.come(.done(body())) } }
        if !isTaken { end.come(.full) }
      }
    } onCancel: {
      end.come(.cancelled)
    }
  }

  /// For what is done ahead of any question. False: too many wait already.
  @discardableResult func add(_ job: @escaping @Sendable () -> Void) -> Bool {
    let (isTaken, isNew) = state.withLock { state -> (Bool, Bool) in
      if state.running < threads {
        state.running += 1
        state.jobs.append(job)
        return (true, true)
      }
      guard state.jobs.count < queue else { return (false, false) }
      state.jobs.append(job)
      return (true, false)
    }
    if isNew { _ = NamedThread.start(name) { [self] in work() } }
    return isTaken
  }

  private func work() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.jobs.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.jobs.removeFirst()
    }
  }
}
