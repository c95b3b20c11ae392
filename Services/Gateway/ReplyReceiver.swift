import Bus
import Deliberation
import Telemetry

/// Reads the partition of `replies` that this gateway listens on, from now on; what is meant for another gateway, or for
/// an earlier life of this one, is dropped.
final class ReplyReceiver: Receiver {
  private let waiting: Waiting

  init(_ waiting: Waiting) { self.waiting = waiting }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(assignments.map { ($0.partition, .end) }, uniquingKeysWith: { first, _ in first })
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    guard let type = record.headers.text("ce_type"), let value = record.value else { return waiting.unreadable(record) }
    switch type {
    case "conclave.reply.result.v1", "conclave.reply.ended.v1": break
    // Progress and deltas are for those who stream.
    case "conclave.reply.progress.v1", "conclave.reply.deltas.v1": return
    default: return
    }
    guard let reply = try? JSON.parse(value), let deliberation = reply["deliberation"]?.string,
      let gateway = reply["gateway"]?.string, let incarnation = reply["incarnation"]?.string
    else { return waiting.unreadable(record) }
    guard gateway == waiting.gateway, incarnation == waiting.incarnation else { return }
    if type == "conclave.reply.ended.v1" { return waiting.ended(deliberation) }
    guard let code = reply["code"]?.int, (200...599).contains(code), let body = reply["body"] else {
      return waiting.unreadable(record)
    }
    waiting.answer(deliberation, Int(code), body.bytes)
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }

  func turn(_ consumer: Consumer) -> Duration? { nil }
}
