import Bus
import Deliberation
import Telemetry
import Testing

@testable import Verifier

@Suite("The verifier's reader") struct LogReaderTests {
  private func envelope(_ id: String, _ type: String) -> [Header] {
    Envelope(
      id: id, type: "conclave.\(type).v1", source: "/conclave/test", instance: "test-0", subject: "gen-1",
      time: "2026-01-01T00:00:00.000Z"
    ).headers
  }

  @Test("reads every partition from its beginning to its end, and what came before it began") func reads() async throws
  {
    var settings = BusSettings(bootstrap: "", kind: .embedded)
    let topics = Topics(settings)
    let broker = try EmbeddedBroker(topics: topics.all)
    settings.bootstrap = broker.bootstrap
    let producer = try Producer(settings, client: "test", log: .silent, metrics: Metrics())
    func write(_ topic: String, _ partition: Int32, _ id: String, _ type: String, _ json: JSON) async throws {
      _ = try await producer.send(
        Outgoing(topic: topic, partition: partition, key: nil, value: json.bytes, headers: envelope(id, type)))
    }
    for partition in Int32(0)..<12 {
      try await write(
        topics.events, partition, "gen-1/deliberation.requested/\(partition)", "deliberation.requested", [:])
    }
    let reader = try LogReader(settings, log: .silent)
    try await write(
      topics.events, 3, "gen-1/call.completed/panel/0/0/0", "call.completed",
      ["call": "gen-1/panel/0/0/0", "execution": "x", "content": "text", "cost": 0.25])
    try await write(topics.results, 0, "gen-1/result/end", "result", ["code": 200, "body": ["id": "gen-1"]])
    _ = try await producer.send(
      Outgoing(topic: topics.events, partition: 0, key: nil, value: Array("{".utf8), headers: []))
    #expect(reader.readToEnds(within: .seconds(20)))
    let (facts, gaps) = reader.stop()
    #expect(gaps == [])
    #expect(facts.count == 15)
    let outcome = try #require(facts.first { $0.isOutcome })
    #expect(outcome.partition == 3 && outcome.offset == 1 && outcome.instance == "test-0")
    #expect(outcome.at >= 1_767_225_600_000)
    guard case .outcome(let said) = outcome.matter else {
      Issue.record("the outcome is \(outcome.matter)")
      return
    }
    #expect(said.cost == 0.25 && said.execution == "x" && said.contentHash == SHA256.hex("text"))
    #expect(facts.count { if case .unreadable = $0.matter { true } else { false } } == 1)
    #expect(facts.count { $0.place == .results } == 1)
    let wasFlushed = producer.close(within: .seconds(2))
    #expect(wasFlushed)
  }
}
