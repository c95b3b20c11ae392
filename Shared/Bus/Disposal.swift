internal import Telemetry
internal import Threads

/// Handles on their way out: each is destroyed on a thread of its own, because that can block for long, or for ever.
struct Disposal {
  private var underWay: [(done: Latch, since: ContinuousClock.Instant)] = []

  init() {}

  mutating func start(_ destroy: @escaping @Sendable () -> Void) {
    let done = Latch()
    underWay.append((done, .now))
    _ = NamedThread.start("bus-disposal") {
      destroy()
      done.open()
    }
  }

  /// Forgets what has ended, and says what has not within its time: that much is lost until the process ends.
  mutating func check(_ log: Log) {
    underWay.removeAll { item in
      if item.done.wait(.zero) { return true }
      guard item.since.duration(to: .now) > Tuning.destroyWithin else { return false }
      log.error("bus.handle.stuck", ("seconds", Tuning.destroyWithin.seconds))
      return true
    }
  }

  /// Waits for all, at most that long.
  func wait(_ limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    return underWay.allSatisfy { $0.done.wait(max(.zero, ContinuousClock.now.duration(to: deadline))) }
  }
}
