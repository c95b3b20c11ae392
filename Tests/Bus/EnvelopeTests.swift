import Bus
import Testing

@Suite("An envelope") struct EnvelopeTests {
  static let full = Envelope(
    id: "gen-1/requested/0", type: "conclave.deliberation.requested.v1", source: "/conclave/panel-dispatcher",
    instance: "panel-dispatcher-0", subject: "gen-1", time: "2026-11-20T10:00:00.000Z",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", correlation: "c", causation: "d")

  @Test("is read as it was written") func both() throws {
    #expect(try Envelope(Self.full.headers) == Self.full)
    let least = Envelope(id: "1", type: "t", source: "s", time: "")
    #expect(try Envelope(least.headers) == least)
    #expect(Self.full.headers.text("content-type") == "application/json")
  }

  @Test("is found behind however many headers of others", arguments: [126, 127, 128, 40_000])
  func crowded(_ count: Int) throws {
    // what is taken for text must be the part, and none of these
    let others = [Header](repeating: Header("x", [0xff, 0xfe]), count: count)
    #expect(try Envelope(others + Self.full.headers) == Self.full)
    #expect(try Envelope(others + Self.full.headers + others) == Self.full)
  }

  @Test("lacks nothing that CloudEvents asks for", arguments: ["ce_specversion", "ce_id", "ce_type", "ce_source"])
  func missing(_ name: String) {
    #expect(throws: EnvelopeError.missing(name)) { try Envelope(Self.full.headers.filter { $0.name != name }) }
    let absent = Self.full.headers.map { $0.name == name ? Header(name, nil) : $0 }
    #expect(throws: EnvelopeError.missing(name)) { try Envelope(absent) }
  }

  @Test("of another version, or not of text, is refused") func foreign() {
    let other = Self.full.headers.map { $0.name == "ce_specversion" ? Header("ce_specversion", "2.0") : $0 }
    #expect(throws: EnvelopeError.version("2.0")) { try Envelope(other) }
    let binary = Self.full.headers.map { $0.name == "ce_subject" ? Header("ce_subject", [0xff, 0xfe]) : $0 }
    #expect(throws: EnvelopeError.notText("ce_subject")) { try Envelope(binary) }
  }

  @Test(
    "goes on without a trace that is broken",
    arguments: [
      "", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319/-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319:-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319`-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01",
      "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ])
  func trace(_ text: String) throws {
    var envelope = Self.full
    envelope.traceparent = text
    #expect(try Envelope(envelope.headers).traceparent == nil)
  }
}
