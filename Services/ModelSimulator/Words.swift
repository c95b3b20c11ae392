/// Cuts a text into the pieces of a stream.
enum Words {
  /// Cuts after spaces: joined the pieces are the text again.
  static func pieces(of text: String, wordsEach: Int) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var pieces: [String] = []
      var (start, words) = (0, 0)
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: " ") {
        words += 1
        guard words == wordsEach else { continue }
        pieces.append(String(decoding: bytes[start...index], as: UTF8.self))
        (start, words) = (index + 1, 0)
      }
      if start < bytes.count { pieces.append(String(decoding: bytes[start...], as: UTF8.self)) }
      return pieces
    }
  }
}
