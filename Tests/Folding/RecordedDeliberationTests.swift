import Bus
import Deliberation
import Folding
import Testing

@Suite("A recorded deliberation") struct RecordedDeliberationTests {
  @Test("of a panel is what an aggregator seals", arguments: [3, 8]) func panel(_ members: Int) throws {
    let recorded = try RecordedDeliberation(.panel, members: members, answerBytes: 2_048, start: 1_790_000_000_000)
    #expect(recorded.count == members + 2)
    let names = try recorded.records(7, topic: "events").map { try Envelope($0.headers).type }
    #expect(names.filter { $0 == "conclave.call.completed.v1" }.count == members)
    #expect(names.filter { $0 == "conclave.deliberation.requested.v1" }.count == 1)
    #expect(names.filter { $0 == "conclave.panel.dispatched.v1" }.count == 1)
  }

  @Test("differs from another by its number alone, everywhere in its records") func stamped() throws {
    let recorded = try RecordedDeliberation(.whole, members: 3, answerBytes: 300, start: 1_790_000_000_000)
    let id = "gen-019a7f3c-0000-7000-8000-000000123456"
    let other = "gen-019a7f3c-0000-7000-8000-000000000000"
    let records = recorded.records(123_456, topic: "events")
    #expect(records.map(\.key) == records.map { _ in Array(id.utf8) })
    for (record, first) in zip(records, recorded.records(0, topic: "events")) {
      let envelope = try Envelope(record.headers)
      #expect(envelope.subject == id)
      #expect(envelope.id.hasPrefix(id + "/"))
      let text = String(decoding: record.value ?? [], as: UTF8.self)
      #expect(!text.contains(other))
      #expect(text.replacing(id, with: other) == String(decoding: first.value ?? [], as: UTF8.self))
    }
    let last = try #require(records.last)
    #expect(try Envelope(last.headers).type == "conclave.deliberation.completed.v1")
  }
}
