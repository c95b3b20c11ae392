import Testing

@testable import Deliberation

@Suite("A passage") struct PassageTests {
  /// Texts of what escapes are made of, and of what stands beside them.
  private static func texts(_ count: Int, seed: UInt64) -> [String] {
    var random = SplitMix(seed: seed)
    let signs = ["n", "u", "0", "1", "\\", "\"", "\n", "\u{1}", "\u{1F}", "/", "é", "—", "😀", " ", "a b c d e f g h "]
    return (0..<count).map { _ in
      (0..<Int.random(in: 0...9, using: &random)).map { _ in
        signs[Int.random(in: 0..<signs.count, using: &random)]
      }.joined()
    }
  }

  @Test("is escaped as everything is, and says what the text said") func roundTrip() {
    for text in Self.texts(2_000, seed: 1) {
      let passage = Passage(text)
      #expect(JSON.passage(passage).bytes == JSON.string(text).bytes)
      #expect(passage.text == text && JSON.passage(passage) == .string(text) && passage.size == JSON.escapedSize(text))
      #expect(passage.hasWords == text.hasWords && passage.isEmpty == text.isEmpty)
    }
  }

  @Test("has one form, however it stood in the record that it was read from")
  func forms() throws {
    for (stands, text) in [
      (#"plain"#, "plain"), (#"\"a\\b\n\u0001\u001f"#, "\"a\\b\n\u{1}\u{1F}"), (#"\/"#, "/"), (#"\u0041"#, "A"),
      (#"\u000a"#, "\n"), (#"\u001F"#, "\u{1F}"), (#"\u00e9"#, "é"), (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"),
      (#"\u007f"#, "\u{7F}"), (#"\u0022"#, "\""),
    ] {
      let fields = try Fields(Array(#"{"text":"\#(stands)"}"#.utf8))
      #expect(try fields.passage("text") == Passage(text), "\(stands)")
    }
  }

  @Test("is searched as the text is that it says") func search() {
    let texts = Self.texts(400, seed: 2)
    for (text, sought) in zip(texts, Self.texts(400, seed: 3).map { $0.prefix(3) }) {
      for part in [String(sought), String(text.dropFirst(2).prefix(2)), "n", "u0001", "0"] where !part.isEmpty {
        #expect(Passage(text).holds(Passage(part)) == Self.stands(part, in: text), "\(part) in \(text)")
      }
    }
  }

  private static func stands(_ part: String, in text: String) -> Bool {
    ByteSearch.stands(Array(part.utf8), in: Array(text.utf8))
  }
}
