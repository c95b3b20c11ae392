internal import Bus
internal import Threads

/// Notes when the outcome of each numbered call was read.
final class CallPaceWatch: Receiver, Sendable {
  private let arrived: Lock<(times: [ContinuousClock.Instant?], count: Int)>

  init(calls: Int) { arrived = Lock((Array(repeating: nil, count: calls), 0)) }

  var count: Int { arrived.withLock { $0.count } }
  var times: [ContinuousClock.Instant?] { arrived.withLock { $0.times } }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(uniqueKeysWithValues: assignments.map { ($0.partition, .beginning) })
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  /// An outcome's key is its deliberation, whose name ends in the call's number.
  func received(_ record: Record, _ consumer: Consumer) {
    let now = ContinuousClock.now
    guard let key = record.key, let dash = key.lastIndex(of: UInt8(ascii: "-")),
      let number = Int(String(decoding: key[(dash + 1)...], as: UTF8.self))
    else { return }
    arrived.withLock { arrived in
      guard arrived.times.indices.contains(number), arrived.times[number] == nil else { return }
      arrived.times[number] = now
      arrived.count += 1
    }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}
