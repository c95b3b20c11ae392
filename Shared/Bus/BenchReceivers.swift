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

/// Sends a record when the one before has come.
// Unchecked because everything that changes is touched by the consumer's thread alone, or locked.
final class BenchHopper: Receiver, @unchecked Sendable {
  let seconds = Lock<[Double]>([])
  private let producer: Producer
  private let record: Outgoing
  private let start: Int64
  private let hops: Int
  private let done: @Sendable () -> Void
  private var began = ContinuousClock.now
  private var times: [Double] = []

  init(_ producer: Producer, _ record: Outgoing, start: Int64, hops: Int, _ done: @escaping @Sendable () -> Void) {
    self.producer = producer
    self.record = record
    self.start = start
    self.hops = hops
    self.done = done
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    consumer.perform { _ in self.send() }
    return Dictionary(uniqueKeysWithValues: assignments.map { ($0.partition, .offset(start)) })
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    times.append(began.duration(to: .now).seconds)
    if times.count < hops { return send() }
    seconds.withLock { $0 = times }
    done()
  }

  private func send() {
    began = .now
    producer.send(record) { _ in }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .end }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}
