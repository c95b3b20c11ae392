internal import Bus
internal import Deliberation
internal import Glibc
internal import Service

/// What folding and deciding cost, without a broker: the three deciding services in the runtime of production, each over
/// the log of many deliberations, from the records as they come off the bus to the records that go out.
package enum CoreBench {
  package struct Figures: Sendable {
    package let service: String
    /// Events read in one second of one core.
    package let eventsPerSecond: Double
    /// What one open deliberation takes where it takes most.
    package let heldBytes: Int
  }

  package struct Result: Sendable {
    package let services: [Figures]
    package let deliberations: Int
    package let events: Int
    package let answerBytes: Int
    /// What one open deliberation may take: 1.5 times the bytes of its question and answers and 8 KB.
    package let allowedBytes: Int
    /// How many members a panel has.
    package let answers: Int
  }

  package static func run(deliberations: Int, answerBytes: Int) throws -> Result {
    let history = try BenchHistory(deliberations: deliberations, answerBytes: answerBytes)
    let services = [
      measure("panel-dispatcher", history) { BenchService(Dispatching(), "panel-dispatcher", history.topics) },
      measure("aggregator", history) { BenchService(Assembling(), "aggregator", history.topics) },
      measure("judge", history) { BenchService(Judging(), "judge", history.topics) },
    ]
    return Result(
      services: services, deliberations: deliberations, events: history.deliberations.reduce(0) { $0 + $1.count },
      answerBytes: answerBytes, allowedBytes: history.contentBytes * 3 / 2 + 8 * 1024, answers: BenchHistory.members)
  }

  private static func measure(_ name: String, _ history: BenchHistory, _ make: () -> some BenchServing) -> Figures {
    // so many are open at once as a busy partition has
    let wave = 50
    let service = make()
    var events = 0
    let start = cpuSeconds()
    for first in stride(from: 0, to: history.deliberations.count, by: wave) {
      let open = history.deliberations[first..<min(first + wave, history.deliberations.count)]
      for place in 0..<(open.map(\.count).max() ?? 0) {
        for log in open where place < log.count {
          _ = service.read(log[place])
          events += 1
        }
      }
    }
    let rate = Double(events) / (cpuSeconds() - start)
    return Figures(service: name, eventsPerSecond: rate, heldBytes: held(history, make))
  }

  /// The most that an open deliberation takes after any of its events, by what the allocator has handed out.
  private static func held(_ history: BenchHistory, _ make: () -> some BenchServing) -> Int {
    let logs = history.deliberations.prefix(200)
    let before = Allocation.heldBytes
    let service = make()
    var most = 0
    for place in 0..<(logs.map(\.count).max() ?? 0) {
      for log in logs where place < log.count { _ = service.read(log[place]) }
      most = max(most, Allocation.heldBytes - before)
    }
    return withExtendedLifetime(service) { most / max(1, logs.count) }
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
