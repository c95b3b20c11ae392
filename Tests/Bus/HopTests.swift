import Bus
import Telemetry
import Testing
import Threads

@Suite("A record's way") struct HopTests {
  @Test("goes from a producer to a consumer as it was", .timeLimit(.minutes(1))) func roundTrip() async throws {
    let broker = try await BrokerUnderTest.start([("a", 1)])
    let probe = Probe()
    let consumer = try broker.consumer([broker.partition("a")], probe)
    let producer = try broker.producer()
    try await producer.warm([broker.topic("a")])
    #expect(producer.partitions(of: broker.topic("a")) == 1)
    let headers = [Header("ce_id", "1"), Header("empty", ""), Header("absent", nil), Header("ce_id", "again")]
    let position = try await producer.send(
      Outgoing(topic: broker.topic("a"), key: text("k"), value: text("v"), headers: headers))
    #expect(position == Position(partition: 0, offset: 0))
    await eventually("the record came") { probe.count == 1 }
    let record = try #require(probe.records.first)
    #expect(record.key == text("k"))
    #expect(record.value == text("v"))
    #expect(record.headers == headers)
    #expect(record.offset == 0)
    #expect(producer.close(within: .seconds(5)))
    consumer.stop(within: .seconds(5))
  }
}
