internal import Bus
internal import Telemetry
internal import Threads

/// Counts the records of one type on one topic from now on, each id once.
final class TopicCount: Sendable {
  private final class Counter: Receiver {
    let seen: Lock<Set<String>>
    let type: String

    init(_ seen: Lock<Set<String>>, type: String) {
      self.seen = seen
      self.type = type
    }

    func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
      Dictionary(assignments.map { ($0.partition, StartAt.beginning) }, uniquingKeysWith: { first, _ in first })
    }

    func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

    func received(_ record: Record, _ consumer: Consumer) {
      guard let envelope = try? Envelope(record.headers), envelope.type == type else { return }
      seen.withLock { _ = $0.insert(envelope.id) }
    }

    func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
    func turn(_ consumer: Consumer) -> Duration? { nil }
  }

  private let seen: Lock<Set<String>>
  private let consumer: Consumer

  init(_ topic: (Topics) -> String, type: String, bootstrap: String, isEmbedded: Bool) throws(Failure) {
    let settings = BusSettings(bootstrap: bootstrap, kind: isEmbedded ? .embedded : .kafka)
    let topics = Topics(settings)
    let name = topic(topics)
    let partitions = topics.all.filter { $0.name == name }.flatMap { shape in
      (0..<Int32(shape.partitions)).map { TopicPartition(topic: name, partition: $0) }
    }
    let seen = Lock<Set<String>>([])
    self.seen = seen
    do {
      consumer = try Consumer(
        settings, client: "chaos", subscription: .assigned(partitions, group: nil),
        receiver: { Counter(seen, type: type) }, log: .silent, metrics: Metrics())
    } catch { throw Failure("\(error)") }
  }

  var count: Int { seen.withLock { $0.count } }

  func stop() { consumer.stop(within: .seconds(5)) }
}
