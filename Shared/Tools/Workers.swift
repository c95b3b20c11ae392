internal import Threads

/// A few threads for what blocks or computes for long, which must not run where tasks do. They come when there is work
/// and go when there is none.
final class Workers: Sendable {
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

  /// nil: too many wait already.
  func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
    await withCheckedContinuation { continuation in
      let isTaken = add { continuation.resume(returning: body()) }
      if !isTaken { continuation.resume(returning: nil) }
    }
  }

  private func add(_ job: @escaping @Sendable () -> Void) -> Bool {
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
