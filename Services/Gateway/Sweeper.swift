internal import Folding
internal import Service

/// Looks four times a second for clients whose time is over, and now and then for memory that nobody uses any more.
final class Sweeper: Sendable {
  private let task: Task<Void, Never>

  init(_ waiting: Waiting) {
    task = Task.detached {
      var slack = Slack()
      var looks = 0
      while !Task.isCancelled {
        waiting.sweep(now: WallClock.now(), unacknowledgedAfter: 5_000)
        looks += 1
        if looks.isMultiple(of: 8), slack.isDue(free: Allocation.freeBytes) {
          Allocation.giveBack()
          slack.gaveBack(free: Allocation.freeBytes)
        }
        try? await Task.sleep(for: .milliseconds(250))
      }
    }
  }

  func stop() { task.cancel() }
}
