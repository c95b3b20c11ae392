internal import Bus
internal import Threads

/// Reads one topic to where it ended when reading began.
final class LogAuditReader: Receiver {
  private let progress: Lock<Int>
  private let done: (Result<LogReading, CommandError>) -> Void
  private var reading: LogReading
  private var isDone = false

  init(
    _ reading: LogReading, progress: Lock<Int>, done: @escaping (Result<LogReading, CommandError>) -> Void
  ) {
    self.reading = reading
    self.progress = progress
    self.done = done
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    for assignment in assignments {
      do {
        let (low, high) = try consumer.ends(assignment.partition)
        reading.begin(assignment.partition.partition, low: low, end: high)
        starts[assignment.partition] = .offset(low)
      } catch {
        finish(.failure(.failed("\(error)")))
        return starts
      }
    }
    check()
    return starts
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    reading.overtake(partition.partition)
    return .beginning
  }

  func received(_ record: Record, _ consumer: Consumer) { reading.take(record) }

  func turn(_ consumer: Consumer) -> Duration? {
    progress.withLock { $0 = reading.count }
    check()
    return isDone ? nil : .milliseconds(200)
  }

  private func check() {
    if !isDone, reading.isWhole { finish(.success(reading)) }
  }

  private func finish(_ result: Result<LogReading, CommandError>) {
    guard !isDone else { return }
    isDone = true
    done(result)
  }
}
