internal import Folding

/// Looks four times a second for clients whose time is over.
final class Sweeper: Sendable {
  private let task: Task<Void, Never>

  init(_ waiting: Waiting) {
    task = Task.detached {
      while !Task.isCancelled {
        waiting.sweep(now: WallClock.now(), unacknowledgedAfter: 5_000)
        try? await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  func stop() { task.cancel() }
}
