import Bus
import Testing
import Threads

/// A receiver that writes down what it is told, and does what a test asks of it.
final class Probe: Receiver, Sendable {
  struct Seen {
    var records: [Record] = []
    var assigned: [[Assignment]] = []
    var revoked: [(partitions: [TopicPartition], lost: Bool)] = []
    var lost: [(TopicPartition, Int64)] = []
    var ends: [(TopicPartition, Int64)] = []
    var turns = 0
    /// What happened, in order: "assigned 2", "record 7", "revoked 2", "lost".
    var story: [String] = []
  }

  let seen = Lock(Seen())
  let onAssigned: @Sendable ([Assignment], Consumer) -> [TopicPartition: StartAt]
  let onRecord: @Sendable (Record, Consumer) -> Void
  let onRevoked: @Sendable ([TopicPartition], Bool, Consumer) -> Void
  let onLost: @Sendable (TopicPartition, Int64) -> StartAt
  let onTurn: @Sendable (Consumer) -> Duration?

  init(
    onAssigned: @escaping @Sendable ([Assignment], Consumer) -> [TopicPartition: StartAt] = { _, _ in [:] },
    onRecord: @escaping @Sendable (Record, Consumer) -> Void = { _, _ in },
    onRevoked: @escaping @Sendable ([TopicPartition], Bool, Consumer) -> Void = { _, _, _ in },
    onLost: @escaping @Sendable (TopicPartition, Int64) -> StartAt = { _, _ in .beginning },
    onTurn: @escaping @Sendable (Consumer) -> Duration? = { _ in nil }
  ) {
    self.onAssigned = onAssigned
    self.onRecord = onRecord
    self.onRevoked = onRevoked
    self.onLost = onLost
    self.onTurn = onTurn
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    seen.withLock { seen in
      seen.assigned.append(assignments)
      seen.story.append("assigned \(assignments.count)")
    }
    return onAssigned(assignments, consumer)
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    seen.withLock { seen in
      seen.revoked.append((partitions, lost))
      seen.story.append("\(lost ? "lost" : "revoked") \(partitions.count)")
    }
    onRevoked(partitions, lost, consumer)
  }

  func received(_ record: Record, _ consumer: Consumer) {
    seen.withLock { seen in
      seen.records.append(record)
      seen.story.append("record \(record.offset)")
    }
    onRecord(record, consumer)
  }

  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    seen.withLock { $0.ends.append((partition, offset)) }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    seen.withLock { seen in
      seen.lost.append((partition, offset))
      seen.story.append("position lost \(offset)")
    }
    return onLost(partition, offset)
  }

  func turn(_ consumer: Consumer) -> Duration? {
    seen.withLock { $0.turns += 1 }
    return onTurn(consumer)
  }

  var count: Int { seen.withLock { $0.records.count } }
  var records: [Record] { seen.withLock { $0.records } }
  var values: [String] { records.map { String(decoding: $0.value ?? [], as: UTF8.self) } }
}
