import Bus
import Deliberation
import Telemetry
import Testing
import Threads
import Waiting
import Web

@testable import Gateway

@Suite("What comes over the bus") struct ReplyReceiverTests {
  private static func record(
    _ offset: Int64, gateway: String, incarnation: String, id: String, code: Int64 = 200
  ) -> Record {
    let value: JSON = [
      "gateway": .string(gateway), "incarnation": .string(incarnation), "deliberation": "gen-1", "code": .int(code),
      "body": ["id": "gen-1"],
    ]
    return Record(
      topic: "conclave.replies", partition: 0, offset: offset, timestamp: 0, key: nil, value: value.bytes,
      headers: [
        Header("ce_type", Array("conclave.reply.result.v1".utf8)), Header("ce_id", Array(id.utf8)),
      ])
  }

  @Test("is heard by the gateway that it is for, in the life that asked for it") func addressed() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let receiver = ReplyReceiver(lobby.waiting)
    let (client, answer) = try await lobby.client()
    #expect(client.acknowledged(1))
    receiver.hear(Self.record(0, gateway: "gateway-1", incarnation: "one", id: "a", code: 500))
    receiver.hear(Self.record(1, gateway: "gateway-0", incarnation: "an earlier life", id: "b", code: 500))
    receiver.hear(Self.record(2, gateway: "gateway-0", incarnation: "one", id: "c"))
    #expect(await answer.value?.status == 200)
    // a producer that was replaced writes a record again
    let (_, again) = try await lobby.client(ask: "ask-2")
    receiver.hear(Self.record(3, gateway: "gateway-0", incarnation: "one", id: "c"))
    receiver.hear(Self.record(4, gateway: "gateway-0", incarnation: "one", id: "d", code: 502))
    #expect(await again.value?.status == 502)
  }

  /// The receiver on a real consumer, and where it wanted to begin each time.
  // Unchecked because everything but `starts` is touched by the consumer's loop alone.
  private final class Ear: Receiver, @unchecked Sendable {
    let starts = Lock<[StartAt]>([])
    private let receiver: ReplyReceiver
    private var assignments: [Assignment] = []

    init(_ waiting: Waiting) { receiver = ReplyReceiver(waiting) }

    func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
      self.assignments = assignments
      let answer = receiver.assigned(assignments, consumer)
      starts.withLock { $0 += answer.values }
      return answer
    }
    /// As where a handle is replaced.
    func assignAgain(_ consumer: Consumer) { _ = assigned(assignments, consumer) }
    func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
    func received(_ record: Record, _ consumer: Consumer) { receiver.received(record, consumer) }
    func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
      receiver.positionLost(partition, at: offset, consumer)
    }
    func turn(_ consumer: Consumer) -> Duration? { receiver.turn(consumer) }
  }

  @Test("is read from where the partition ended when the gateway began, and by a new handle from where it had come")
  func position() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    var settings = BusSettings(bootstrap: "", kind: .embedded, partitions: 2)
    let broker = try EmbeddedBroker(topics: Topics(settings).all)
    settings.bootstrap = broker.bootstrap
    let own = TopicPartition(topic: Topics(settings).replies, partition: 1)
    let producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
    defer { _ = producer.close(within: .seconds(1)) }
    func say(_ id: String, _ code: Int64) async throws {
      let record = Self.record(0, gateway: "gateway-0", incarnation: "one", id: id, code: code)
      _ = try await producer.send(
        Outgoing(
          topic: own.topic, partition: own.partition, key: nil, value: record.value, headers: record.headers))
    }
    for id in ["a", "b", "c"] { try await say(id, 500) }
    let (client, answer) = try await lobby.client()
    #expect(client.acknowledged(1))
    let ear = Ear(lobby.waiting)
    let consumer = try Consumer(
      settings, client: "test", subscription: .assigned([own], group: nil), receiver: { ear }, log: .silent,
      metrics: Metrics())
    defer { consumer.stop(within: .seconds(2)) }
    func starts(_ count: Int) async -> [StartAt] {
      var patience = Patience(.seconds(10))
      while ear.starts.withLock({ $0.count }) < count, !patience.isOver() { await Task.yield() }
      return ear.starts.withLock { $0 }
    }
    #expect(await starts(1) == [.offset(3)])
    // the gateway is ready now, and may not have fetched anything yet
    try await say("d", 200)
    #expect(await answer.value?.status == 200)
    consumer.perform { ear.assignAgain($0) }
    #expect(await starts(2) == [.offset(3), .offset(4)])
  }
}
