import Bus
import Deliberation
import Folding
import Settings
import Telemetry
import Testing
import Threads

@testable import PanelDispatcher

/// An embedded broker with every topic, and a producer that has heard of them.
struct Stage {
  let settings: BusSettings
  let topics: Topics
  let broker: EmbeddedBroker
  let producer: Producer
  let sender = Sender(service: "test", instance: "test-0")

  init() async throws {
    var settings = BusSettings(bootstrap: "", kind: .embedded, partitions: 2)
    broker = try EmbeddedBroker(topics: Topics(settings).all)
    settings.bootstrap = broker.bootstrap
    self.settings = settings
    topics = Topics(settings)
    producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
    try await producer.warm([
      topics.requests, topics.requestsBulk, topics.cancels, topics.events, topics.deadLetters, topics.calls("default"),
    ])
  }

  func end() { producer.close(within: .seconds(5)) }

  func send(_ record: Outgoing) async throws { _ = try await producer.send(record) }

  func consumer(
    _ partitions: [TopicPartition], group: String?, metrics: Metrics = Metrics(),
    _ receiver: @escaping @Sendable () -> any Receiver
  ) throws -> Consumer {
    try Consumer(
      settings, client: "test", subscription: .assigned(partitions, group: group), receiver: receiver, log: .silent,
      metrics: metrics)
  }

  /// What stands on a topic.
  func watch(_ topic: String, partitions: Int32) throws -> Watch {
    let watch = Watch()
    watch.consumer = try consumer(
      (0..<partitions).map { TopicPartition(topic: topic, partition: $0) }, group: nil, { watch })
    return watch
  }

  func cancel(_ deliberation: String) async throws {
    let output = Output(
      destination: .events, id: sender.uniqueID(), type: "conclave.cancel.v1", subject: deliberation, key: nil,
      value: CancelRequested(by: .client).json.bytes)
    try await send(sender.record(output, topic: topics.cancels, partition: nil, traceparent: nil))
  }

  func ask(_ id: String, partition: Int32 = 0) async throws {
    let request: JSON = [
      "model": "author/model-0", "messages": [["role": "user", "content": "What is worth waiting for?"]],
    ]
    let envelope = Envelope(id: id, type: "conclave.ask.v1", source: "/test", subject: id, time: "")
    let body: JSON = ["request": request]
    try await send(
      Outgoing(
        topic: topics.requests, partition: partition, key: Array(id.utf8), value: body.bytes, headers: envelope.headers)
    )
  }

  /// The dispatcher as it runs, with its own bounds.
  func dispatcher(_ limits: Settings.Limits = Settings.Limits()) throws -> (folder: Folding, desk: Desk) {
    let log = Log.silent
    let metrics = Metrics()
    let book = CancelBook(maximum: 100)
    let folder = Folder(
      decider: DeliberationDecider(
        logic: CancellableDispatching { book.requests($0) }, topics: topics, sender: sender),
      options: FolderOptions(group: "g", startsAtBeginning: true, recordBytes: 1_000_000), topics: topics,
      producer: producer, log: log, metrics: metrics)
    let desk = Desk(
      Desk.Context(
        topics: topics, producer: producer, catalogue: try Self.catalogue(), sender: sender, limits: limits,
        group: "g", log: log, metrics: metrics, clock: WallClock.now))
    return (folder, desk)
  }

  typealias Folding = Folder<DeliberationDecider<CancellableDispatching>>

  var partitions: [TopicPartition] {
    [topics.requests, topics.requestsBulk, topics.events].flatMap { topic in
      (0..<2).map { TopicPartition(topic: topic, partition: $0) }
    }
  }

  private static func catalogue() throws -> Catalogue {
    let models = ["model-0", "judge"]
    return try Catalogue(
      json: [
        "models": .array(
          models.map { name in
            [
              "slug": .string("author/\(name)"), "family": .string("author/\(name)"), "released": "2026-01-01",
              "lane": "default", "context": 200_000, "price": ["input": 1.0, "output": 5.0],
              "via": [["provider": "here", "name": .string(name)]],
            ]
          }),
        "presets": ["general-high": ["panel": ["author/model-0"], "judge": "author/judge"]],
        "lanes": ["default": [:]], "limits": ["record_bytes": 1_000_000],
      ]
    ) { _ in true }
  }
}

/// Keeps what it reads, from the beginning.
// Unchecked because `consumer` is set once, before anybody else knows of it.
final class Watch: Receiver, @unchecked Sendable {
  let seen = Lock<[Record]>([])
  var consumer: Consumer?

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(assignments.map { ($0.partition, .beginning) }, uniquingKeysWith: { first, _ in first })
  }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
  func received(_ record: Record, _ consumer: Consumer) { seen.withLock { $0.append(record) } }
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
  func stop() { consumer?.stop(within: .seconds(5)) }
}
