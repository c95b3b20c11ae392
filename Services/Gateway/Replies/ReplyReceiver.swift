internal import Bus
internal import Deliberation

/// Reads the partition of `replies` that this gateway listens on, from now on; what is meant for another gateway, or for
/// an earlier life of this one, is dropped.
final class ReplyReceiver: Receiver {
  private let waiting: Waiting
  /// What came lately: a producer that is replaced may write a record again.
  private var recent: Set<String> = []
  private var order: [String] = []

  /// Where the next reply stands: the end of the partition when this gateway began, and then behind what was read, so
  /// that a new handle misses nothing.
  private var position: Int64?

  private static let remembered = 4_096

  init(_ waiting: Waiting) { self.waiting = waiting }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    guard let partition = assignments.first?.partition else { return [:] }
    // asked now, before this gateway is ready: "the end" would be looked up by the first fetch, after the first asks
    while position == nil {
      position = (try? consumer.ends(partition))?.high
      if position == nil, !consumer.mayAskAgain() { return [partition: .end] }
    }
    return [partition: position.map { .offset($0) } ?? .end]
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    position = record.offset + 1
    hear(record)
  }

  func hear(_ record: Record) {
    guard let type = record.headers.text("ce_type"), let value = record.value else {
      return waiting.unreadable(at: record.offset)
    }
    guard type.hasPrefix("conclave.reply.") else { return }
    guard let json = try? JSON.parse(value), let gateway = json["gateway"]?.string,
      let incarnation = json["incarnation"]?.string
    else { return waiting.unreadable(at: record.offset) }
    guard gateway == waiting.gateway, incarnation == waiting.incarnation else { return }
    if let id = record.headers.text("ce_id"), !isNew(id) { return }
    guard let reply = Reply(type: type, json) else { return waiting.unreadable(at: record.offset) }
    waiting.heard(reply)
  }

  private func isNew(_ id: String) -> Bool {
    guard recent.insert(id).inserted else { return false }
    order.append(id)
    if order.count >= 2 * Self.remembered {
      for old in order.prefix(Self.remembered) { recent.remove(old) }
      order.removeFirst(Self.remembered)
    }
    return true
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    position = nil
    return .beginning
  }

  func turn(_ consumer: Consumer) -> Duration? { nil }
}
