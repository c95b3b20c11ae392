import Bus
import Folding
import Glibc
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

/// Counts the turns of a folder.
// Unchecked because the folder is touched on the consumer's thread alone.
private final class Turning<D: Decider>: Receiver, @unchecked Sendable {
  private let folder: Folder<D>
  let turns = Lock(0)

  init(_ folder: Folder<D>) { self.folder = folder }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    folder.assigned(assignments, consumer)
  }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    folder.revoked(partitions, lost: lost, consumer)
  }
  func received(_ record: Record, _ consumer: Consumer) { folder.received(record, consumer) }
  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    folder.reachedEnd(partition, at: offset, consumer)
  }
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    folder.positionLost(partition, at: offset, consumer)
  }
  func turn(_ consumer: Consumer) -> Duration? {
    turns.withLock { $0 += 1 }
    return folder.turn(consumer)
  }
}

/// Takes note of what the group had committed when partitions came.
private final class Committed: Receiver, @unchecked Sendable {
  let assignments = Lock<[Assignment]>([])
  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    self.assignments.withLock { $0 = assignments }
    return [:]
  }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
  func received(_ record: Record, _ consumer: Consumer) {}
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
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
  static let kafka = getenv("CONCLAVE_KAFKA").map { String(cString: $0) }

  @Test("folds, sends, commits, and goes on where its predecessor stopped", .timeLimit(.minutes(1)))
  func restart() async throws {
    // the real broker where one is named: there it is found by time how far back to read
    var settings = BusSettings(bootstrap: "", kind: .embedded, partitions: 2)
    var broker: EmbeddedBroker?
    if let kafka = Self.kafka {
      settings = BusSettings(
        bootstrap: kafka, kind: .kafka, prefix: "test.\(UInt32.random(in: 0 ..< .max)).", partitions: 2)
      try await Admin.create(settings, log: .silent)
    } else {
      let embedded = try EmbeddedBroker(topics: Topics(settings).all)
      settings.bootstrap = embedded.bootstrap
      broker = embedded
    }
    defer { withExtendedLifetime(broker) {} }
    let topics = Topics(settings)
    let producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
    try await producer.warm([topics.events, topics.results, topics.deadLetters])
    let bus = settings
    func start(_ metrics: Metrics) throws -> Consumer {
      let folder = Folder(
        decider: BusToy(topics: topics),
        options: FolderOptions(group: "g", startsAtBeginning: bus.kind == .embedded, recordBytes: 1_000_000),
        topics: topics, producer: producer, log: .silent, metrics: metrics)
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

  /// A broker with one partition of the log, and a folder's parts.
  private struct Stage {
    let broker: EmbeddedBroker
    let settings: BusSettings
    let topics: Topics
    let producer: Producer
    let log = TopicPartition(topic: "conclave.events", partition: 0)

    init() async throws {
      var settings = BusSettings(bootstrap: "", kind: .embedded, partitions: 1)
      broker = try EmbeddedBroker(topics: Topics(settings).all)
      settings.bootstrap = broker.bootstrap
      self.settings = settings
      topics = Topics(settings)
      producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
      try await producer.warm([topics.events, topics.results, topics.deadLetters])
    }

    func folder(
      _ metrics: Metrics = Metrics(), log: Log = .silent, _ change: (inout FolderOptions) -> Void = { _ in }
    ) -> Folder<BusToy> {
      var options = FolderOptions(group: "g", startsAtBeginning: true, recordBytes: 1_000_000)
      change(&options)
      return Folder(
        decider: BusToy(topics: topics), options: options, topics: topics, producer: producer, log: log,
        metrics: metrics)
    }

    func consumer(_ receiver: @escaping @Sendable () -> any Receiver) throws -> Consumer {
      try Consumer(
        settings, client: "folder", subscription: .assigned([log], group: "g"), receiver: receiver, log: .silent,
        metrics: Metrics())
    }

    /// What the group has committed by now.
    func committed() async throws -> Progress? {
      let committed = Committed()
      let consumer = try consumer { committed }
      _ = await holds { !committed.assignments.withLock { $0.isEmpty } }
      consumer.stop(within: .seconds(5))
      let assignment = committed.assignments.withLock { $0.first }
      return assignment?.committed.map { Progress(committed: $0, metadata: assignment?.metadata) }
    }
  }

  @Test("waits for the answer to its commit without looking all the time", .timeLimit(.minutes(1)))
  func idles() async throws {
    let stage = try await Stage()
    let metrics = Metrics()
    let turning = Turning(stage.folder(metrics))
    let consumer = try stage.consumer { turning }
    #expect(await holds { consumer.isConnected })
    stage.broker.delayAnswers(.offsetCommit, by: .seconds(1), count: 3)
    let begun = ContinuousClock.now
    turning.turns.withLock { $0 = 0 }
    let far = String(WallClock.now() + 600_000)
    _ = try await stage.producer.send(event(stage.topics, "s", "opened", nil, far))
    #expect(await holds { begun.duration(to: .now) > .seconds(1) })
    let turns = turning.turns.withLock { $0 }
    #expect(turns < 50, "\(turns) turns in a second")
    consumer.stop(within: .seconds(5))
    stage.producer.close(within: .seconds(5))
  }

  @Test("commits nothing whose outputs the brokers refuse, and goes on when they take them", .timeLimit(.minutes(1)))
  func denied() async throws {
    let stage = try await Stage()
    let far = String(WallClock.now() + 600_000)
    _ = try await stage.producer.send(event(stage.topics, "s", "opened", nil, far))
    // the first thing that the folder sends, and that twice more
    stage.broker.pushErrors(.produce, [.denied, .denied, .denied])
    let metrics = Metrics()
    let folder = stage.folder(metrics)
    let consumer = try stage.consumer { folder }
    #expect(await holds { stage.producer.refusal != nil })
    guard case .denied("conclave.results", _)? = stage.producer.refusal else {
      Issue.record("\(stage.producer.refusal as Any)")
      return
    }
    #expect(try await stage.committed()?.acknowledged ?? 0 == 0)
    #expect(metrics.render().contains("conclave_folding_acknowledged_total 0"))
    #expect(await holds { metrics.render().contains("conclave_folding_acknowledged_total 2") })
    #expect(stage.producer.refusal == nil)
    #expect(metrics.render().contains("conclave_folding_refused_total 0"))
    consumer.stop(within: .seconds(5))
    // the event that opened it, and the note where that was read before the end
    let progress = try #require(try await stage.committed())
    #expect(progress.committed == 0 && progress.acknowledged >= 1)
    stage.producer.close(within: .seconds(5))
  }

  @Test("sends what waited for an acknowledgement when that is there, not at its next turn", .timeLimit(.minutes(1)))
  func awaited() async throws {
    let stage = try await Stage()
    let metrics = Metrics()
    // neither a commit nor its answer brings a turn meanwhile
    let folder = stage.folder(metrics) { $0.commitMilliseconds = 20_000 }
    let consumer = try stage.consumer { folder }
    let far = String(WallClock.now() + 600_000)
    var waits: [Duration] = []
    for number in 1...6 {
      let begun = ContinuousClock.now
      _ = try await stage.producer.send(event(stage.topics, "s\(number)", "opened", nil, far))
      #expect(await holds { metrics.render().contains("conclave_folding_outputs_total \(2 * number)\n") })
      waits.append(begun.duration(to: .now))
    }
    // the first is committed at once; a turn comes after half a second. The best of the others, as the machine may be busy
    #expect(waits.dropFirst().min() ?? .zero < .milliseconds(250), "\(waits)")
    consumer.stop(within: .seconds(5))
    stage.producer.close(within: .seconds(5))
  }

  @Test("without a commit answers no end that is old, and goes on with what is new", .timeLimit(.minutes(1)))
  func oldEnds() async throws {
    let stage = try await Stage()
    let far = String(WallClock.now() + 600_000)
    for (type, value) in [("opened", far), ("ended", "")] {
      _ = try await stage.producer.send(event(stage.topics, "s1", type, nil, value))
    }
    let reader = Reader()
    let results = TopicPartition(topic: stage.topics.results, partition: 0)
    let reading = try Consumer(
      stage.settings, client: "reader", subscription: .assigned([results], group: nil), receiver: { reader },
      log: .silent, metrics: Metrics())
    let metrics = Metrics()
    // everything that stands there counts as old
    let folder = stage.folder(metrics) { $0.limits.unansweredMilliseconds = -3_600_000 }
    let consumer = try stage.consumer { folder }
    _ = try await stage.producer.send(event(stage.topics, "s2", "opened", nil, far))
    #expect(await holds { reader.values.withLock { $0.contains("s2/call") } })
    #expect(reader.values.withLock { $0 } == ["s2/call"])
    consumer.stop(within: .seconds(5))
    reading.stop(within: .seconds(5))
    stage.producer.close(within: .seconds(5))
  }

  @Test("takes nothing for done that its producer gave up when it was closed", .timeLimit(.minutes(1)))
  func closed() async throws {
    let stage = try await Stage()
    let far = String(WallClock.now() + 600_000)
    _ = try await stage.producer.send(event(stage.topics, "s", "opened", nil, far))
    stage.broker.pushErrors(.produce, Array(repeating: .denied, count: 1_000))
    let metrics = Metrics()
    let folder = stage.folder(metrics)
    let consumer = try stage.consumer { folder }
    #expect(await holds { stage.producer.refusal != nil })
    let wasFlushed = stage.producer.close(within: .milliseconds(50))
    #expect(!wasFlushed)
    consumer.stop(within: .seconds(5))
    #expect(metrics.render().contains("conclave_folding_refused_total 0"))
    #expect(metrics.render().contains("conclave_folding_acknowledged_total 0"))
    #expect(try await stage.committed()?.acknowledged ?? 0 == 0)
  }

  @Test("reads nothing more while the brokers owe it too many bytes, and goes on then", .timeLimit(.minutes(1)))
  func held() async throws {
    let stage = try await Stage()
    let lines = Lock<[String]>([])
    let log = Log(service: "test", instance: "0", level: .info, format: .text) { line in
      lines.withLock { $0.append(line) }
    }
    let metrics = Metrics()
    let far = String(WallClock.now() + 600_000)
    _ = try await stage.producer.send(event(stage.topics, "s0", "opened", nil, far))
    stage.broker.pushErrors(.produce, [.denied])
    let folder = stage.folder(metrics, log: log) { $0.pendingBytesMaximum = 2 }
    let consumer = try stage.consumer { folder }
    #expect(await holds { lines.withLock { $0.contains { $0.contains("folding.held") } } })
    #expect(await holds { metrics.render().contains("conclave_folding_acknowledged_total 2") })
    _ = try await stage.producer.send(event(stage.topics, "s1", "opened", nil, far))
    #expect(await holds { metrics.render().contains("conclave_folding_acknowledged_total 4") })
    consumer.stop(within: .seconds(5))
    stage.producer.close(within: .seconds(5))
  }

  @Test("asks for a partition's end without hurry, and gives up when it is to stop", .timeLimit(.minutes(1)))
  func unknownEnd() async throws {
    let stage = try await Stage()
    let lines = Lock<[String]>([])
    let log = Log(service: "test", instance: "0", level: .info, format: .text) { line in
      lines.withLock { $0.append(line) }
    }
    stage.broker.pushErrors(.listOffsets, Array(repeating: .denied, count: 1_000))
    let folder = stage.folder(log: log)
    let consumer = try stage.consumer { folder }
    #expect(await holds { lines.withLock { $0.contains { $0.contains("partition.waits") } } })
    let begun = ContinuousClock.now
    #expect(await holds { begun.duration(to: .now) > .seconds(1) })
    #expect(lines.withLock { $0.count { $0.contains("partition.waits") } } <= 3)
    let stopping = ContinuousClock.now
    consumer.stop(within: .seconds(5))
    #expect(stopping.duration(to: .now) < .seconds(4))
    stage.producer.close(within: .seconds(5))
  }
}
