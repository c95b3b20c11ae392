internal import CProcess
internal import Glibc
internal import Threads

/// Ends a run that is interrupted or takes too long. Our children die with us; a Kafka node would not.
final class Watchdog: Sendable {
  static let shared = Watchdog()

  private struct State {
    // Only its `stop` is called from here, which starts a script and touches nothing that changes.
    nonisolated(unsafe) var node: KafkaNode?
    var deadline: ContinuousClock.Instant?
  }

  private let state = Lock(State())

  /// Before any other thread is started: each inherits that the signals are blocked.
  func watch() {
    let signals = conclave_take_signals()
    _ = NamedThread.start("watchdog") { [self] in
      while true {
        var descriptor = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
        let count = poll(&descriptor, 1, 500)
        let isLate = state.withLock { state in state.deadline.map { ContinuousClock.now > $0 } ?? false }
        guard count > 0 || isLate else { continue }
        say(isLate ? "the run takes too long and is ended" : "interrupted")
        state.withLock { $0.node }?.stop()
        _exit(1)
      }
    }
  }

  func protect(_ node: KafkaNode?, limit: Duration) {
    state.withLock { state in
      state.node = node
      state.deadline = ContinuousClock.now + limit
    }
  }
}
