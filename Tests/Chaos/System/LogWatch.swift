internal import Bus
internal import Deliberation
internal import Telemetry
internal import Threads

/// Follows `events` to see who writes and when: how long a service was away is read from the log, not from its doors.
final class LogWatch: Sendable {
  struct Sighting: Sendable {
    let instance: String
    /// By the writer's clock, in milliseconds.
    let at: Int64
  }

  private final class Watcher: Receiver {
    let seen: Lock<[Sighting]>
    init(_ seen: Lock<[Sighting]>) { self.seen = seen }

    func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
      Dictionary(assignments.map { ($0.partition, StartAt.beginning) }, uniquingKeysWith: { first, _ in first })
    }

    func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

    func received(_ record: Record, _ consumer: Consumer) {
      guard let envelope = try? Envelope(record.headers) else { return }
      let written = Moment(rfc3339: envelope.time)?.milliseconds ?? 0
      // the embedded broker's own time is a constant near 1970
      let at = record.timestamp > 1_000_000_000_000 ? record.timestamp : written
      seen.withLock { $0.append(Sighting(instance: envelope.instance ?? "", at: at)) }
    }

    func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .end }
    func turn(_ consumer: Consumer) -> Duration? { nil }
  }

  private let seen: Lock<[Sighting]>
  private let consumer: Consumer

  init(bootstrap: String, isEmbedded: Bool) throws(Failure) {
    let settings = BusSettings(bootstrap: bootstrap, kind: isEmbedded ? .embedded : .kafka)
    let topics = Topics(settings)
    let partitions = topics.all.filter { $0.name == topics.events }.flatMap { shape in
      (0..<Int32(shape.partitions)).map { TopicPartition(topic: shape.name, partition: $0) }
    }
    let seen = Lock<[Sighting]>([])
    self.seen = seen
    do {
      consumer = try Consumer(
        settings, client: "chaos", subscription: .assigned(partitions, group: nil), receiver: { Watcher(seen) },
        log: .silent, metrics: Metrics())
    } catch { throw Failure("\(error)") }
  }

  /// When that instance, or any (empty), first wrote an event after that moment.
  func first(by instance: String = "", after moment: Int64) -> Int64? {
    seen.withLock { seen in
      seen.lazy.filter { $0.at > moment && (instance.isEmpty || $0.instance == instance) }.map(\.at).min()
    }
  }

  /// Forgets what came before, so that looking stays cheap.
  func forget() { seen.withLock { $0.removeAll(keepingCapacity: true) } }

  func stop() { consumer.stop(within: .seconds(5)) }
}
