import Bus
import Deliberation
import Folding

/// Gives each partition to whom it belongs: the log to the fold, the asks to the desk.
final class DispatchReceiver: Receiver {
  private let folder: Folder<DeliberationDecider<CancellableDispatching>>
  private let desk: Desk
  private let events: String

  init(folder: Folder<DeliberationDecider<CancellableDispatching>>, desk: Desk, events: String) {
    self.folder = folder
    self.desk = desk
    self.events = events
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    folder.assigned(assignments, consumer).merging(desk.assigned(assignments)) { fold, _ in fold }
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    desk.revoked(partitions, lost: lost, consumer)
    folder.revoked(partitions, lost: lost, consumer)
  }

  func received(_ record: Record, _ consumer: Consumer) {
    guard record.topic == events else { return desk.received(record, folder, consumer) }
    folder.received(record, consumer)
    if let subject = record.headers.text("ce_subject") { desk.read(subject) }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }

  func turn(_ consumer: Consumer) -> Duration? {
    let fold = folder.turn(consumer)
    let intake = desk.turn(folder, consumer)
    guard let fold else { return intake }
    return intake.map { min($0, fold) } ?? fold
  }
}
