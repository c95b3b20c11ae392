import Deliberation
import Folding
import Settings
import Telemetry
import Testing
import Threads

@testable import Bus
@testable import PanelDispatcher

/// Counts what the dispatcher is told, and passes it on.
// Unchecked because everything but the counts is touched on the consumer's thread alone.
private final class Counting: Receiver, @unchecked Sendable {
  private let receiver: any Receiver
  let turns = Lock(0)
  /// Records of requests that were read, those that were read again among them.
  let asks = Lock(0)
  /// Of this topic nothing is read.
  private let unread: String?

  init(_ receiver: any Receiver, unread: String? = nil) {
    self.receiver = receiver
    self.unread = unread
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    for assignment in assignments where assignment.partition.topic == unread { consumer.pause(assignment.partition) }
    return receiver.assigned(assignments, consumer)
  }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    receiver.revoked(partitions, lost: lost, consumer)
  }
  func received(_ record: Record, _ consumer: Consumer) {
    if record.topic.hasSuffix("requests") { asks.withLock { $0 += 1 } }
    receiver.received(record, consumer)
  }
  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    receiver.reachedEnd(partition, at: offset, consumer)
  }
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    receiver.positionLost(partition, at: offset, consumer)
  }
  func turn(_ consumer: Consumer) -> Duration? {
    turns.withLock { $0 += 1 }
    return receiver.turn(consumer)
  }
}

@Suite("The desk", .serialized, .timeLimit(.minutes(1))) struct DeskTests {
  private func start(
    _ stage: Stage, _ limits: Settings.Limits = Settings.Limits(), unread: String? = nil
  ) throws -> (Counting, Consumer) {
    let (folder, desk) = try stage.dispatcher(limits)
    let receiver = DispatchReceiver(folder: folder, desk: desk, events: stage.topics.events)
    let counting = Counting(receiver, unread: unread)
    return (counting, try stage.consumer(stage.partitions, group: "g") { counting })
  }

  /// Asks the group what it has committed.
  private struct Question: ~Copyable {
    let handle: ConsumerHandle

    init(_ stage: Stage, group: String) throws {
      let subscription = Subscription.assigned([], group: group)
      handle = try ConsumerHandle(
        try ClientProperties.consumer(stage.settings, client: "question", subscription: subscription),
        HandleCallbacks(log: .silent))
    }

    func committed(_ partition: TopicPartition) -> Int64? {
      (try? handle.committed([partition], within: .seconds(5)))?.first?.offset
    }

    deinit { handle.destroy() }
  }

  private func requested(_ watch: Watch, _ id: String) -> Bool {
    watch.seen.withLock { seen in
      seen.contains {
        $0.headers.text("ce_subject") == id && $0.headers.text("ce_type") == "conclave.deliberation.requested.v1"
      }
    }
  }

  @Test("commits an ask's offset within 20 ms of the event that it became") func commits() async throws {
    let stage = try await Stage()
    let (_, consumer) = try start(stage)
    let events = try stage.watch(stage.topics.events, partitions: 2)
    let question = try Question(stage, group: "g")
    let partition = TopicPartition(topic: stage.topics.requests, partition: 0)
    var waits: [Duration] = []
    for number in 0..<10 {
      try await stage.ask("d\(number)")
      try await eventually("ask \(number) is an event") { requested(events, "d\(number)") }
      let begun = ContinuousClock.now
      try await eventually("it is committed") { question.committed(partition) == Int64(number + 1) }
      waits.append(begun.duration(to: .now))
    }
    // the best of them, as the machine may be busy
    #expect(waits.min() ?? .zero < .milliseconds(20), "\(waits)")
    consumer.stop(within: .seconds(5))
    events.stop()
    stage.end()
  }

  @Test("waits for the answer to its commit without looking all the time") func idles() async throws {
    let stage = try await Stage()
    let (counting, consumer) = try start(stage)
    try await eventually("it has its partitions") { consumer.isConnected }
    let question = try Question(stage, group: "g")
    stage.broker.delayAnswers(.offsetCommit, by: .seconds(1), count: 200)
    let begun = ContinuousClock.now
    counting.turns.withLock { $0 = 0 }
    try await stage.ask("d")
    try await eventually("it is committed") {
      question.committed(TopicPartition(topic: stage.topics.requests, partition: 0)) == 1
    }
    try await eventually("a second has passed") { begun.duration(to: .now) > .seconds(1) }
    let turns = counting.turns.withLock { $0 }
    #expect(turns < 50, "\(turns) turns")
    consumer.stop(within: .seconds(5))
    stage.end()
  }

  @Test("leaves an ask in its topic while its home holds too much, and reads it once more when it does not")
  func held() async throws {
    let stage = try await Stage()
    var limits = Settings.Limits()
    limits.maxHeld = 2
    let (counting, consumer) = try start(stage, limits)
    let events = try stage.watch(stage.topics.events, partitions: 2)
    // all of one home: the first opens there, and holds back what follows
    let home = Partitioner.murmur2(Array("d".utf8), partitions: 2)
    let names = (0..<100).map { "d\($0)" }.filter { Partitioner.murmur2(Array($0.utf8), partitions: 2) == home }
    try await stage.ask(names[0])
    try await eventually("the first is open, and its events stand on the log") {
      events.seen.withLock { $0.count { $0.partition == home } } >= 2
    }
    for _ in 0..<3 { try await note(names[0], stage) }
    try await eventually("they are there") { events.seen.withLock { $0.count { $0.partition == home } } >= 5 }
    // which the dispatcher has read when it has turned once more
    let turned = counting.turns.withLock { $0 } + 2
    try await eventually("it has turned") { counting.turns.withLock { $0 } > turned }
    try await stage.ask(names[1])
    try await eventually("the second was read") { counting.asks.withLock { $0 } >= 2 }
    let until = ContinuousClock.now + .seconds(1)
    try await eventually("a second has passed") { until < .now }
    #expect(counting.asks.withLock { $0 } == 2, "it is read once, and waits")
    #expect(!requested(events, names[1]))
    try await end(names[0], stage)
    try await eventually("the second is taken") { requested(events, names[1]) }
    #expect(counting.asks.withLock { $0 } == 3)
    consumer.stop(within: .seconds(5))
    events.stop()
    stage.end()
  }

  @Test("takes an ask after a takeover before the log is folded, where there is room for all that may be open")
  func early() async throws {
    let stage = try await Stage()
    let (_, first) = try start(stage)
    let events = try stage.watch(stage.topics.events, partitions: 2)
    try await stage.ask("d0")
    try await eventually("it is open") { requested(events, "d0") }
    first.stop(within: .seconds(5))
    // one that is open, and what was written since the last commit
    let most = 1 + events.seen.withLock { $0.count } + 1
    var limits = Settings.Limits()
    limits.maxOpen = 1
    let (full, second) = try start(stage, limits, unread: stage.topics.events)
    try await stage.ask("d1")
    try await eventually("the ask was read") { full.asks.withLock { $0 } >= 1 }
    let until = ContinuousClock.now + .milliseconds(500)
    try await eventually("half a second has passed") { until < .now }
    #expect(!requested(events, "d1"), "there is no room")
    second.stop(within: .seconds(5))
    limits.maxOpen = most
    let (_, third) = try start(stage, limits, unread: stage.topics.events)
    try await eventually("it is taken, although nothing of the log was read") { requested(events, "d1") }
    third.stop(within: .seconds(5))
    events.stop()
    stage.end()
  }

  /// A record of a deliberation that changes nothing.
  private func note(_ deliberation: String, _ stage: Stage) async throws {
    let envelope = Envelope(
      id: stage.sender.uniqueID(), type: "conclave.noted.v1", source: "/test", subject: deliberation, time: "")
    try await stage.send(
      Outgoing(
        topic: stage.topics.events, key: Array(deliberation.utf8), value: Array("{}".utf8), headers: envelope.headers))
  }

  private func end(_ deliberation: String, _ stage: Stage) async throws {
    let totals = Totals(
      usage: Usage(), cost: 0, costFinal: true, calls: 0, durationMilliseconds: 1, digest: "", digestEvents: 0)
    let cancelled = Cancelled(by: .client, totals: totals)
    let output = Output.event(.cancelled(cancelled), of: deliberation, "end")
    try await stage.send(stage.sender.record(output, topic: stage.topics.events, partition: nil, traceparent: nil))
  }
}
