internal import Bus
internal import Deliberation
internal import Folding
internal import Threads

/// Reads one topic to where it ended when reading began.
final class LogAuditReader: Receiver {
  private let id: String?
  private let partitions: Int32
  private let progress: Lock<Int>
  private let done: (Result<LogAudit.Read, CommandError>) -> Void
  private var read = LogAudit.Read()
  private var next: [Int32: Int64] = [:]
  /// Whose oldest records went while they were read: what is missing there is no gap.
  private var moved: Set<Int32> = []
  private var isDone = false
  private var count = 0

  init(
    id: String?, partitions: Int32, progress: Lock<Int>, done: @escaping (Result<LogAudit.Read, CommandError>) -> Void
  ) {
    self.id = id
    self.partitions = partitions
    self.progress = progress
    self.done = done
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    for assignment in assignments {
      let partition = assignment.partition.partition
      do {
        let (low, high) = try consumer.ends(assignment.partition)
        read.lows[partition] = low
        read.ends[partition] = high
        next[partition] = low
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
    moved.insert(partition.partition)
    return .beginning
  }

  func received(_ record: Record, _ consumer: Consumer) {
    let expected = next[record.partition] ?? 0
    guard record.offset >= expected, record.offset < read.ends[record.partition] ?? 0 else { return }
    if moved.remove(record.partition) != nil {
      read.lows[record.partition] = record.offset
    } else if record.offset > expected {
      read.gaps.append(LogAudit.Gap(partition: record.partition, from: expected, to: record.offset))
    }
    next[record.partition] = record.offset + 1
    count += 1
    let event = ReadEvent(record, partitions: partitions)
    let subject = event.envelope?.subject ?? ""
    if id == nil || subject == id {
      var unreadable: String?
      if case .failure(let why) = event.event { unreadable = why.description }
      read.records[subject, default: []].append(
        LogAudit.Standing(
          partition: record.partition, offset: record.offset,
          record: AuditRecord(
            place: "\(record.topic)/\(record.partition)/\(record.offset)", row: record.offset, subject: subject,
            id: event.envelope?.id ?? "", type: event.envelope?.type ?? "", key: record.key,
            headers: HeaderBytes.encode(record.headers), value: record.value, unreadable: unreadable)))
    }
  }

  func turn(_ consumer: Consumer) -> Duration? {
    progress.withLock { $0 = count }
    check()
    return isDone ? nil : .milliseconds(200)
  }

  private func check() {
    guard !isDone, next.allSatisfy({ $0.value >= read.ends[$0.key] ?? 0 }) else { return }
    finish(.success(read))
  }

  private func finish(_ result: Result<LogAudit.Read, CommandError>) {
    guard !isDone else { return }
    isDone = true
    done(result)
  }
}
