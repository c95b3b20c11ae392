import Bus
import Deliberation
import Telemetry
import Testing
import Threads

@testable import Conclave

/// Reads every partition of every topic from its beginning, and keeps what it reads.
final class TopicWatch: Sendable {
  private final class Reader: Receiver {
    let records: Lock<[Record]>
    let isPositioned: Lock<Bool>

    init(_ records: Lock<[Record]>, _ isPositioned: Lock<Bool>) {
      self.records = records
      self.isPositioned = isPositioned
    }

    func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
      isPositioned.withLock { $0 = true }
      return assignments.reduce(into: [:]) { $0[$1.partition] = .beginning }
    }

    func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
    func received(_ record: Record, _ consumer: Consumer) { records.withLock { $0.append(record) } }
    func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
    func turn(_ consumer: Consumer) -> Duration? { nil }
  }

  let topics: Topics
  private let records = Lock<[Record]>([])
  private let consumer: Consumer

  init(_ settings: BusSettings) throws {
    topics = Topics(settings)
    let isPositioned = Lock(false)
    let partitions = topics.all.flatMap { shape in
      (0..<Int32(shape.partitions)).map { TopicPartition(topic: shape.name, partition: $0) }
    }
    consumer = try Consumer(
      settings, client: "watch", subscription: .assigned(partitions, group: nil),
      receiver: { [records] in Reader(records, isPositioned) }, log: .silent, metrics: Metrics())
  }

  func stop() { consumer.stop(within: .seconds(2)) }

  /// All so far, in each partition's order.
  var all: [Record] { records.withLock { $0 } }

  func records(_ topic: String) -> [Record] { all.filter { $0.topic == topic } }

  /// The results of one deliberation, the first in log order first.
  func results(_ id: String) -> [Record] { records(topics.results).filter { $0.headers.text("ce_subject") == id } }

  func types(_ id: String) -> [String] {
    records(topics.events).filter { $0.headers.text("ce_subject") == id }.compactMap { $0.headers.text("ce_type") }
  }

  /// Holds everything that was written against the written description. Records that `isOurs` are the test's own
  /// mischief.
  func expectDescribed(
    prefix: String, sourceLocation: SourceLocation = #_sourceLocation, except isOurs: (Record) -> Bool = { _ in false }
  ) throws {
    let api = try AsyncAPI()
    var said: Set<String> = []
    for record in all where !isOurs(record) {
      let topic = "conclave." + record.topic.dropFirst(prefix.count)
      let described = Record(
        topic: topic, partition: record.partition, offset: record.offset, timestamp: record.timestamp, key: record.key,
        value: record.value, headers: record.headers)
      // a fault that many records share is one finding
      for fault in api.faults(described) where said.insert(fault).inserted && said.count <= 20 {
        Issue.record("\(topic)/\(record.partition)/\(record.offset) \(fault)", sourceLocation: sourceLocation)
      }
    }
  }
}
