internal import Threads

/// What reading took, in seconds: on the clock, and of computing by the thread that read.
struct BenchSpan: Sendable {
  let wall: Double
  let cpu: Double
}

/// Counts what is read, and says how long it was from the first to the last.
// Unchecked because everything that changes is touched by the consumer's thread alone.
final class BenchReader: Receiver, @unchecked Sendable {
  private let starts: [TopicPartition: StartAt]
  private let records: Int
  private let done: @Sendable (BenchSpan) -> Void
  private var read = 0
  private var bytes = 0
  private var first: (at: ContinuousClock.Instant, cpu: Double)?

  init(
    starts: [TopicPartition: StartAt], records: Int,
    _ done: @escaping @Sendable (BenchSpan) -> Void
  ) {
    self.starts = starts
    self.records = records
    self.done = done
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] { starts }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    let first = first ?? (.now, PlainLoop.threadSeconds)
    self.first = first
    read += 1
    bytes += record.value?.count ?? 0
    if read == records {
      done(BenchSpan(wall: first.at.duration(to: .now).seconds, cpu: PlainLoop.threadSeconds - first.cpu))
    }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}

/// Sends one record after the other, each after a pause, and measures how long it is under way.
// Unchecked because what changes is locked.
final class BenchHopper: Receiver, @unchecked Sendable {
  private let start: Int64
  private let hop = Lock<(began: ContinuousClock.Instant, arrived: Latch, seconds: Double)?>(nil)

  init(start: Int64) { self.start = start }

  /// Seconds of each hop, or fewer where one did not come in time. Blocks.
  func run(_ producer: Producer, _ record: Outgoing, hops: Int, within limit: Duration) -> [Double] {
    var seed: UInt32 = 1
    var times: [Double] = []
    for _ in 0..<hops {
      Pause.microseconds(PlainLoop.pause(&seed))
      let arrived = Latch()
      hop.withLock { $0 = (.now, arrived, 0) }
      producer.send(record) { _ in }
      guard arrived.wait(limit) else { break }
      times.append(hop.withLock { $0?.seconds ?? 0 })
    }
    return times
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(uniqueKeysWithValues: assignments.map { ($0.partition, .offset(start)) })
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    let now = ContinuousClock.now
    let arrived = hop.withLock { hop in
      if let began = hop?.began { hop?.seconds = began.duration(to: now).seconds }
      return hop?.arrived
    }
    arrived?.open()
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .end }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}
