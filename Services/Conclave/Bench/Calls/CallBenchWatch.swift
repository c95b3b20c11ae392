internal import Bus
internal import Glibc
internal import Threads

/// Counts outcomes as they are written, and what the measured process computed between two of them.
final class CallBenchWatch: Receiver, Sendable {
  private struct Mark {
    let at: ContinuousClock.Instant
    let cpu: Double
  }

  private struct State {
    var count = 0
    var clock: clockid_t?
    var first: Mark?
    var figures: CallBench.Figures?
  }

  private let from: Int
  private let to: Int
  private let state = Lock(State())

  /// The calls before `from` pay for connections and caches.
  init(from: Int, to: Int) {
    self.from = max(1, from)
    self.to = to
  }

  var count: Int { state.withLock(\.count) }

  func subject(_ pid: Int32) {
    var clock = clockid_t()
    guard clock_getcpuclockid(pid, &clock) == 0 else { return }
    let known = clock
    state.withLock { $0.clock = known }
  }

  func wait(within limit: Duration) -> CallBench.Figures? {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if let figures = state.withLock(\.figures) { return figures }
      usleep(5_000)
    }
    return nil
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(uniqueKeysWithValues: assignments.map { ($0.partition, .beginning) })
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    state.withLock { state in
      state.count += 1
      guard state.count == from || state.count == to, let clock = state.clock else { return }
      var time = timespec()
      clock_gettime(clock, &time)
      let mark = Mark(at: .now, cpu: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
      guard let first = state.first else {
        state.first = mark
        return
      }
      let calls = Double(to - from)
      let wall = first.at.duration(to: mark.at) / .seconds(1)
      state.figures = CallBench.Figures(callsPerSecond: calls / wall, cpuPerCall: (mark.cpu - first.cpu) / calls)
    }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}
