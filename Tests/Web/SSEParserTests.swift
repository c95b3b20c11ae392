import Testing
import Web

@Suite("Server-sent events") struct SSEParserTests {
  private func events(_ text: String, pieces: Int = .max) -> [SSEEvent] {
    var parser = SSEParser()
    var found: [SSEEvent] = []
    var rest = ArraySlice(Array(text.utf8))
    while !rest.isEmpty {
      found += parser.feed(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    return found
  }

  @Test(
    "are read with any line ending",
    arguments: ["data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\rdata: b\r\r"])
  func lineEndings(text: String) {
    #expect(events(text).map(\.text) == ["a", "b"])
  }

  @Test("are the same in whatever pieces they come", arguments: 1...9) func pieces(size: Int) {
    let text =
      "\u{FEFF}: hi\r\nevent: x\r\ndata: {\"ä\":\r\ndata:  1}\r\nid: 7\r\n\r\n\rdata\n\nretry: 3\n\ndata:[DONE]\n\ndata: cut"
    #expect(
      events(text, pieces: size) == [
        SSEEvent(event: "x", data: Array("{\"ä\":\n 1}".utf8), id: "7"), SSEEvent(data: [], id: "7"),
        SSEEvent(data: Array("[DONE]".utf8), id: "7"),
      ])
  }

  @Test("leave out what has no data, and count comments as signs of life") func comments() {
    var parser = SSEParser()
    #expect(parser.feed(Array(": OPENROUTER PROCESSING\n\nevent: empty\n\nunknown: x\n\n:\n".utf8)).isEmpty)
    #expect(parser.comments == 2)
  }

  @Test("stop being read when one has no end") func overfull() {
    var parser = SSEParser(limit: 100)
    #expect(parser.feed(Array("data: \(String(repeating: "x", count: 60))\n\n".utf8)).count == 1)
    #expect(!parser.isOverfull)
    for _ in 0..<3 { #expect(parser.feed(Array("data: \(String(repeating: "x", count: 40))\n".utf8)).isEmpty) }
    #expect(parser.isOverfull)
    #expect(parser.feed(Array("\n\ndata: a\n\n".utf8)).isEmpty)
  }

  @Test("come back as they were written", arguments: ["", "one line", "two\nlines", "\n", " leading"])
  func roundTrip(text: String) {
    var parser = SSEParser()
    let bytes = SSE.comment("hello") + SSE.event(Array(text.utf8), event: "e")
    #expect(parser.feed(bytes) == [SSEEvent(event: "e", data: Array(text.utf8))])
  }

  @Test("of random bytes never stop the reader, and are the same in any pieces") func random() {
    var generator = SeededGenerator(seed: 3)
    let alphabet = Array("data: \r\n:eventid".utf8) + [0, 0xEF, 0xBB, 0xBF, 0xFF]
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      var whole = SSEParser()
      var split = SSEParser()
      let expected = whole.feed(bytes)
      #expect(bytes.flatMap { split.feed([$0]) } == expected)
    }
  }
}
