import Bus
import Testing

@Suite("A dead letter") struct DeadLetterTests {
  static let topics = Topics(BusSettings(bootstrap: "h:1", kind: .embedded))
  static let limit = 10_000

  static func record(key: [UInt8]?, value: [UInt8]?, headers: [Header]) -> Record {
    Record(
      topic: "conclave.events", partition: 3, offset: 77, timestamp: 1, key: key, value: value, headers: headers)
  }

  static func letter(_ record: Record, reason: String = "not JSON") -> Outgoing {
    DeadLetter.record(for: record, reason: reason, group: "conclave.judge", topics: topics, limit: limit)
  }

  @Test("keeps key, value and headers as they were, and says where it came from") func whole() {
    let headers = [Header("ce_id", "a"), Header("ce_id", nil)]
    let letter = Self.letter(Self.record(key: [0, 255], value: nil, headers: headers))
    #expect(letter.topic == "conclave.dead-letters")
    #expect(letter.key == [0, 255])
    #expect(letter.value == nil)
    #expect(Array(letter.headers.prefix(2)) == headers)
    #expect(letter.headers.text("conclave-reason") == "not JSON")
    #expect(letter.headers.text("conclave-topic") == "conclave.events")
    #expect(letter.headers.text("conclave-partition") == "3")
    #expect(letter.headers.text("conclave-offset") == "77")
    #expect(letter.headers.text("conclave-group") == "conclave.judge")
    #expect(letter.headers.text("conclave-truncated") == nil)
  }

  @Test("has its value cut where it would not fit, with its whole length and digest") func cut() throws {
    let value = [UInt8](repeating: 97, count: 1_000_000)
    let letter = Self.letter(Self.record(key: [1], value: value, headers: [Header("h", "v")]))
    #expect(letter.size <= Self.limit)
    #expect(try #require(letter.value).count > 9_000)
    #expect(letter.headers.text("conclave-truncated") == "1000000")
    // sha256sum's answer for a million times "a"
    #expect(
      letter.headers.text("conclave-sha256") == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("fits whatever was hostile about the original") func hostile() {
    let big = [UInt8](repeating: 7, count: 20_000)
    let many = (0..<5_000).map { Header("h\($0)", nil) }
    let records = [
      Self.record(key: big, value: big, headers: []), Self.record(key: big, value: nil, headers: many),
      Self.record(key: nil, value: big, headers: [Header(String(repeating: "n", count: 30_000), big)]),
      Self.record(key: [], value: [], headers: many + [Header("", big)]),
      Self.record(key: big, value: big, headers: many),
    ]
    for record in records {
      let letter = Self.letter(record, reason: String(repeating: "é", count: 100_000))
      // ten for each header: what a batch adds to it at most
      #expect(letter.size + letter.headers.count * 10 <= Self.limit)
      #expect(letter.headers.text("conclave-offset") == "77")
      #expect((letter.key == nil) == (record.key == nil))
      #expect((letter.value == nil) == (record.value == nil))
    }
  }
}
