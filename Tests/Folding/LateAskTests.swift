import Bus
import Deliberation
import Folding
import Testing

@Suite("An ask that comes after the end") struct LateAskTests {
  /// The aggregator on one partition of the log, as production runs it.
  private struct Bench {
    var fold: PartitionFold<DeliberationDecider<Assembling>>
    var offset: Int64 = 0
    var tokens: [FoldToken] = []

    init(acknowledged: Int64 = 0, end: Int64 = 0) {
      let topics = Topics(BusSettings(bootstrap: "127.0.0.1:1", kind: .embedded))
      let sender = Sender(service: "aggregator", instance: "a", incarnation: "0", clock: { 1_000 })
      fold = PartitionFold(
        decider: DeliberationDecider(logic: Assembling(), topics: topics, sender: sender, hashes: true),
        limits: FoldLimits(windowMilliseconds: 60_000),
        resumed: Progress(committed: 0, acknowledged: acknowledged, timestamp: 0), start: 0, end: end, now: 1_000)
    }

    /// Reads the refusal of an ask; the ids of the results that follow from it.
    mutating func readRejected(ask: String) throws -> [String] {
      let origin = Origin(topic: "r", partition: 0, offset: 0, key: nil, id: ask, source: "s")
      let event = Rejected(
        code: 400, errorType: "invalid_request", message: "no", path: nil, tenant: "t", form: .chat, bodyHash: "",
        reply: [], origin: origin, metadata: nil)
      let id = IDs.event("d", "deliberation.rejected", origin.discriminator)
      let envelope = Envelope(
        id: id, type: "conclave.deliberation.rejected.v1", source: "/conclave/panel-dispatcher", subject: "d",
        time: "2026-01-02T03:04:05.678Z")
      let record = Record(
        topic: "conclave.events", partition: 0, offset: offset, timestamp: 1_000, key: Array("d".utf8),
        value: event.json.bytes, headers: envelope.headers)
      offset += 1
      return take(fold.read(try FoldRecord(record, partitions: nil), now: 1_000))
    }

    mutating func acknowledge() {
      for token in tokens { _ = take(fold.acknowledged(token, now: 1_000)) }
      tokens = []
    }

    private mutating func take(_ actions: [FoldAction]) -> [String] {
      actions.compactMap { action in
        guard case .send(let record, let token) = action else { return nil }
        tokens.append(token)
        return record.headers.first { $0.name == "ce_id" }?.value.map { String(decoding: $0, as: UTF8.self) }
      }
    }
  }

  private func result(_ ask: String) -> String { "d/result/\(IDs.discriminator(source: "s", id: ask))" }

  @Test("and is refused itself has a result of its own, once") func rejected() throws {
    var bench = Bench()
    #expect(try bench.readRejected(ask: "one") == ["d/result/end"])
    bench.acknowledge()
    #expect(bench.fold.stateCount == 0)
    #expect(try bench.readRejected(ask: "two") == [result("two")])
    bench.acknowledge()
    #expect(try bench.readRejected(ask: "two") == [])
    #expect(try bench.readRejected(ask: "one") == [], "a copy of the ask that ended it is no late one")
  }

  @Test("is known from a copy by whoever takes over") func copies() throws {
    var bench = Bench(acknowledged: 2, end: 2)
    #expect(try bench.readRejected(ask: "one") == [])
    #expect(try bench.readRejected(ask: "two") == [])
    #expect(try bench.readRejected(ask: "one") == [])
    #expect(try bench.readRejected(ask: "two") == [])
    #expect(try bench.readRejected(ask: "three") == [result("three")])
  }
}
