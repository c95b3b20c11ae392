internal import Bus
internal import Telemetry

/// Reads the topics from where the file stands, and hands over what came with each burst.
final class LogReader: Receiver {
  private let inlet: Inlet
  private let events: String
  private let partitions: Int32?
  private let log: Log
  private let fatal: (String) -> Void
  private var next: [Writer.Place: Int64]
  private var burst: [Entry] = []
  private var handed = ContinuousClock.now - .seconds(1)
  /// How far apart transactions are under load: each costs the disk the same, however much it holds.
  private static let pace = Duration.milliseconds(50)

  /// `partitions`: how many `events` has.
  init(
    inlet: Inlet, events: String, partitions: Int32?, positions: [Writer.Place: Int64], log: Log,
    fatal: @escaping (String) -> Void
  ) {
    self.inlet = inlet
    self.events = events
    self.partitions = partitions
    self.log = log
    self.fatal = fatal
    next = positions
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    let ends = (try? consumer.ends(assignments.map(\.partition))) ?? [:]
    for assignment in assignments {
      let place = Writer.Place(topic: assignment.partition.topic, partition: assignment.partition.partition)
      guard let position = next[place] else {
        starts[assignment.partition] = .beginning
        continue
      }
      if let end = ends[assignment.partition]?.high, position > end {
        fatal(
          "the file holds \(assignment.partition) up to offset \(position), and the log ends at \(end): it is another log"
            + " (a new cluster, or a topic that was made anew); name another folder with CONCLAVE_DATA")
      }
      starts[assignment.partition] = .offset(position)
    }
    return starts
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    burst.append(record.topic == events ? Entry(event: record, partitions: partitions) : Entry(ask: record))
    next[Writer.Place(topic: record.topic, partition: record.partition)] = record.offset + 1
    if burst.count >= 256 { hand() }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    log.error("ledger.lost", ("partition", partition), ("offset", offset))
    return .beginning
  }

  func turn(_ consumer: Consumer) -> Duration? {
    guard !burst.isEmpty else { return nil }
    let rest = Self.pace - handed.duration(to: .now)
    guard rest <= .zero else { return rest }
    hand()
    return nil
  }

  private func hand() {
    handed = .now
    inlet.put(burst)
    burst.removeAll(keepingCapacity: true)
  }
}
