internal import Bus

/// Reads the windows of partitions on a thread of its own, and hands each over when all of it is there.
final class WindowReader<D: Decider>: Receiver {
  private var windows: [TopicPartition: Window<D>]
  private let partitions: @Sendable () -> Int32?
  private let finished: @Sendable (TopicPartition, Window<D>) -> Void

  /// `partitions`: how many the log has, where that is known.
  init(
    _ windows: [TopicPartition: Window<D>], partitions: @escaping @Sendable () -> Int32?,
    finished: @escaping @Sendable (TopicPartition, Window<D>) -> Void
  ) {
    self.windows = windows
    self.partitions = partitions
    self.finished = finished
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    windows.mapValues { .offset($0.position) }
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    // whoever cannot be read is buried by the fold, or was
    if let readable = try? FoldRecord(record, partitions: partitions()) { windows[record.source]?.read(readable) }
    advanced(record.source, to: record.offset + 1, consumer)
  }

  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    advanced(partition, to: offset, consumer)
  }

  /// What the broker no longer has cannot be known.
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }

  func turn(_ consumer: Consumer) -> Duration? { nil }

  private func advanced(_ partition: TopicPartition, to offset: Int64, _ consumer: Consumer) {
    windows[partition]?.advanced(to: offset)
    guard let window = windows[partition], window.isComplete else { return }
    windows[partition] = nil
    consumer.pause(partition)
    finished(partition, window)
  }
}
