internal import Bus
internal import Telemetry
internal import Threads

/// Reads the topics that the rules ask about, every partition from its beginning.
final class LogReader: Sendable {
  /// What was read by now; the receiver adds to it, whoever waits looks at it.
  private struct Read {
    var facts: [Entry] = []
    var gaps: [String] = []
    /// The offset after the last record, of each partition that had one.
    var next: [TopicPartition: Int64] = [:]
  }

  private final class Taker: Receiver {
    let read: Lock<Read>
    let places: [String: Entry.Place]
    var begun: Set<TopicPartition> = []

    init(read: Lock<Read>, places: [String: Entry.Place]) {
      self.read = read
      self.places = places
    }

    func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
      Dictionary(
        assignments.map { assignment in
          // a consumer whose handle was replaced goes on where it was
          let next = read.withLock { $0.next[assignment.partition] }
          return (assignment.partition, next.map { StartAt.offset($0) } ?? .beginning)
        }, uniquingKeysWith: { first, _ in first })
    }

    func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

    func received(_ record: Record, _ consumer: Consumer) {
      guard let place = places[record.topic] else { return }
      let fact = Entry(record, place: place)
      let isFirst = begun.insert(record.source).inserted
      read.withLock { read in
        // handles are replaced while running, and what was fetched twice is one record
        if let next = read.next[record.source], record.offset < next { return }
        if isFirst, read.next[record.source] == nil, record.offset > 0 {
          read.gaps.append("\(record.topic)/\(record.partition) begins at \(record.offset): what stood before is gone")
        }
        read.facts.append(fact)
        read.next[record.source] = record.offset + 1
      }
    }

    func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
      read.withLock {
        $0.gaps.append("\(partition.topic)/\(partition.partition): offset \(offset) was gone before it was read")
      }
      return .beginning
    }

    func turn(_ consumer: Consumer) -> Duration? { nil }
  }

  private let read: Lock<Read>
  private let consumer: Consumer
  private let partitions: [TopicPartition]

  init(_ settings: BusSettings, log: Log) throws {
    let topics = Topics(settings)
    var places = [topics.events: Entry.Place.events, topics.results: .results, topics.deadLetters: .deadLetters]
    for lane in topics.lanes { places[topics.calls(lane)] = .calls }
    partitions = topics.all.filter { places[$0.name] != nil }.flatMap { shape in
      (0..<Int32(shape.partitions)).map { TopicPartition(topic: shape.name, partition: $0) }
    }
    let read = Lock(Read())
    self.read = read
    let taken = places
    consumer = try Consumer(
      settings, client: "verifier", subscription: .assigned(partitions, group: nil),
      receiver: { Taker(read: read, places: taken) }, log: log, metrics: Metrics())
  }

  /// Reads up to where the topics end at this moment; false when that takes too long.
  func readToEnds(within limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    guard let ends = ends(within: limit) else { return false }
    return eventually(within: deadline - ContinuousClock.now) {
      read.withLock { read in ends.allSatisfy { $0.value == 0 || read.next[$0.key, default: 0] >= $0.value } }
    }
  }

  private func ends(within limit: Duration) -> [TopicPartition: Int64]? {
    let answer = Lock<[TopicPartition: Int64]>([:])
    let deadline = ContinuousClock.now + limit
    let partitions = partitions
    while ContinuousClock.now < deadline {
      let isOver = Lock(false)
      consumer.perform { consumer in
        for partition in partitions where answer.withLock({ $0[partition] }) == nil {
          guard let end = try? consumer.ends(partition) else { continue }
          // a partition that was emptied ends where it begins
          answer.withLock { $0[partition] = end.high > end.low ? end.high : 0 }
        }
        isOver.withLock { $0 = true }
      }
      guard eventually(within: deadline - ContinuousClock.now, { isOver.withLock { $0 } }) else { return nil }
      let found = answer.withLock { $0 }
      if found.count == partitions.count { return found }
    }
    return nil
  }

  func stop() -> (facts: [Entry], gaps: [String]) {
    consumer.stop(within: .seconds(5))
    return read.withLock { ($0.facts, $0.gaps) }
  }

  var count: Int { read.withLock { $0.facts.count } }
}
