import Bus
import Folding
import Telemetry
import Testing
import Threads

/// The toy on a real topic: what returns goes to the log with the envelope that reading it back needs.
private struct BusToy: Decider {
  let topics: Topics
  private let toy = Toy()

  init(topics: Topics) { self.topics = topics }

  func evolve(_ state: inout Toy.State?, _ record: FoldRecord) throws(Unreadable) { try toy.evolve(&state, record) }
  func decide(_ state: Toy.State, now: Int64) -> [Toy.Output] { toy.decide(state, now: now) }
  func wake(_ state: Toy.State) -> Int64? { toy.wake(state) }
  func phase(_ state: Toy.State) -> FoldPhase { toy.phase(state) }
  func closes(_ record: FoldRecord, isFirst: Bool) -> Bool { toy.closes(record, isFirst: isFirst) }
  func matters(late type: String) -> Bool { toy.matters(late: type) }
  func late(_ record: FoldRecord) -> [Toy.Output] { toy.late(record) }

  func record(_ output: Toy.Output) -> Outgoing {
    let subject = String(output.id.prefix { $0 != "/" })
    guard output.returns else {
      return Outgoing(topic: topics.results, key: Array(subject.utf8), value: Array(output.id.utf8), headers: [])
    }
    let type = output.id.hasSuffix("/end") ? "ended" : "noted"
    return event(topics, subject, type)
  }
}

private func event(_ topics: Topics, _ subject: String, _ type: String, _ id: String? = nil, _ value: String = "")
  -> Outgoing
{
  let envelope = Envelope(id: id ?? "\(subject)/\(type)", type: type, source: "/t", subject: subject, time: "")
  return Outgoing(
    topic: topics.events, key: Array(subject.utf8), value: Array(value.utf8), headers: envelope.headers)
}

/// Collects what a topic holds.
private final class Reader: Receiver, @unchecked Sendable {
  let values = Lock<[String]>([])
  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    Dictionary(assignments.map { ($0.partition, .beginning) }, uniquingKeysWith: { first, _ in first })
  }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
  func received(_ record: Record, _ consumer: Consumer) {
    values.withLock { $0.append(String(decoding: record.value ?? [], as: UTF8.self)) }
  }
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}

@Suite("A folder on a broker", .serialized) struct FolderTests {
  @Test("folds, sends, commits, and goes on where its predecessor stopped", .timeLimit(.minutes(1)))
  func restart() async throws {
    var settings = BusSettings(bootstrap: "", kind: .embedded, partitions: 2)
    let broker = try EmbeddedBroker(topics: Topics(settings).all)
    settings.bootstrap = broker.bootstrap
    let topics = Topics(settings)
    let producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
    try await producer.warm([topics.events, topics.results, topics.deadLetters])
    let bus = settings
    func start(_ metrics: Metrics) throws -> Consumer {
      let folder = Folder(
        decider: BusToy(topics: topics),
        options: FolderOptions(group: "g", startsAtBeginning: true, recordBytes: 1_000_000), topics: topics,
        producer: producer, log: .silent, metrics: metrics)
      return try Consumer(
        bus, client: "folder",
        subscription: .assigned((0..<2).map { TopicPartition(topic: topics.events, partition: $0) }, group: "g"),
        receiver: { folder }, log: .silent, metrics: metrics)
    }
    let reader = Reader()
    let results = try Consumer(
      settings, client: "reader",
      subscription: .assigned((0..<2).map { TopicPartition(topic: topics.results, partition: $0) }, group: nil),
      receiver: { reader }, log: .silent, metrics: Metrics())
    let far = String(WallClock.now() + 600_000)
    let before = Metrics()
    let first = try start(before)
    for number in 0..<20 { _ = try await producer.send(event(topics, "s\(number)", "opened", nil, far)) }
    _ = try await producer.send(Outgoing(topic: topics.events, key: [1], value: [2], headers: []))
    for number in 0..<10 {
      for vote in 0..<2 { _ = try await producer.send(event(topics, "s\(number)", "vote", "v\(number)/\(vote)")) }
    }
    #expect(await holds { reader.values.withLock { $0.filter { $0.hasSuffix("/result") }.count } == 10 })
    // Ten ended (call, note, end, result), ten are open (call, note), one record was buried.
    #expect(await holds { before.render().contains("conclave_folding_acknowledged_total 61") })
    first.stop(within: .seconds(5))
    // A second life: what ended is not answered again, the rest is still open and goes on.
    let metrics = Metrics()
    let second = try start(metrics)
    for number in 10..<20 {
      for vote in 0..<2 { _ = try await producer.send(event(topics, "s\(number)", "vote", "v\(number)/\(vote)")) }
    }
    #expect(await holds { reader.values.withLock { Set($0.filter { $0.hasSuffix("/result") }).count } == 20 })
    #expect(await holds { metrics.render().contains("conclave_open_deliberations 0") })
    let all = reader.values.withLock { $0.filter { $0.hasSuffix("/result") } }
    #expect(all.count == 20, "results were sent again: \(all.count)")
    second.stop(within: .seconds(5))
    results.stop(within: .seconds(5))
    #expect(producer.close(within: .seconds(5)))
  }
}
