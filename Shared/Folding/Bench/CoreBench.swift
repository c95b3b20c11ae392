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
    /// What one open deliberation takes after the event where it takes most beside what it may.
    package let heldBytes: Int
    /// What it may then take: 1.5 times the bytes of its question and of the answers so far, and 8 KB.
    package let allowedBytes: Int
  }

  package struct Result: Sendable {
    package let services: [Figures]
    package let deliberations: Int
    package let events: Int
    package let answerBytes: Int
    /// How many members a panel has.
    package let answers: Int
  }

  package static func run(deliberations: Int, answerBytes: Int) throws -> Result {
    let history = try BenchHistory(deliberations: deliberations, answerBytes: answerBytes)
    let services = [
      measure("panel-dispatcher", history) {
        BenchService(CancellableDispatching { _ in [] }, "panel-dispatcher", history.topics)
      },
      measure("aggregator", history) { BenchService(Assembling(), "aggregator", history.topics) },
      measure("judge", history) { BenchService(Judging(), "judge", history.topics) },
    ]
    return Result(
      services: services, deliberations: deliberations, events: history.deliberations.reduce(0) { $0 + $1.count },
      answerBytes: answerBytes, answers: BenchHistory.members)
  }

  private static func measure(_ name: String, _ history: BenchHistory, _ make: () -> some BenchServing) -> Figures {
    // so many are open at once as a busy partition has
    let wave = 50
    let service = make()
    var events = 0
    var seconds = 0.0
    for first in stride(from: 0, to: history.deliberations.count, by: wave) {
      let open = history.deliberations[first..<min(first + wave, history.deliberations.count)]
      for place in 0..<(open.map(\.count).max() ?? 0) {
        // as a consumer hands them on: made a moment ago
        let records = open.filter { place < $0.count }.map { fresh($0[place]) }
        let start = cpuSeconds()
        for record in records { _ = service.read(record) }
        seconds += cpuSeconds() - start
        events += records.count
      }
    }
    let rate = Double(events) / seconds
    let (held, allowed) = held(history, make)
    return Figures(service: name, eventsPerSecond: rate, heldBytes: held, allowedBytes: allowed)
  }

  /// What an open deliberation takes, by what the allocator has handed out, beside what it may take.
  private static func held(_ history: BenchHistory, _ make: () -> some BenchServing) -> (held: Int, allowed: Int) {
    let logs = history.deliberations.prefix(200)
    let before = Allocation.heldBytes
    let service = make()
    var content = 0
    var worst = (held: 0, allowed: 1)
    for place in 0..<(logs.map(\.count).max() ?? 0) {
      for log in logs where place < log.count { _ = service.read(log[place]) }
      content += logs.first.map { $0.indices.contains(place) ? BenchHistory.contentBytes($0[place]) : 0 } ?? 0
      let held = (Allocation.heldBytes - before) / max(1, logs.count)
      let allowed = content * 3 / 2 + 8 * 1024
      if held * worst.allowed > worst.held * allowed { worst = (held, allowed) }
    }
    return withExtendedLifetime(service) { worst }
  }

  private static func fresh(_ record: Record) -> Record {
    Record(
      topic: record.topic, partition: record.partition, offset: record.offset, timestamp: record.timestamp,
      key: record.key.map { $0.map(\.self) }, value: record.value.map { $0.map(\.self) },
      headers: record.headers.map { Header($0.name, $0.value.map { $0.map(\.self) }) })
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
