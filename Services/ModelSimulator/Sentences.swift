/// Cuts prose into sentences and says when two of them are the same.
enum Sentences {
  struct Sentence: Equatable, Sendable {
    /// The words as they stand in the text.
    let verbatim: Substring
    /// The same for two sentences that differ in case, spaces and punctuation alone.
    let key: String

    /// What a sentence of the form "On <topic>, …" takes a stance on.
    var topic: Substring? {
      guard verbatim.utf8.starts(with: "On ".utf8), let comma = verbatim.firstIndex(of: ",") else { return nil }
      let topic = verbatim[verbatim.index(verbatim.startIndex, offsetBy: 3)..<comma]
      return topic.isEmpty || topic.utf8.count > 80 ? nil : topic
    }

    /// What is said after "On <topic>,".
    var stance: Substring {
      guard topic != nil, let comma = verbatim.firstIndex(of: ",") else { return verbatim }
      return verbatim[verbatim.index(after: comma)...].drop { $0 == " " }
    }
  }

  /// No more are read of one text, however long it is.
  static let most = 2000

  static func of(_ text: some StringProtocol) -> [Sentence] {
    let text = Substring(text)
    let bytes = text.utf8
    var sentences: [Sentence] = []
    var start = bytes.startIndex
    var index = start
    while index < bytes.endIndex, sentences.count < most {
      let byte = bytes[index]
      let next = bytes.index(after: index)
      let ends =
        byte == newline
        || (isStop(byte) && (next == bytes.endIndex || isSpace(bytes[next])))
      if ends || next == bytes.endIndex {
        append(text[start..<(byte == newline ? index : next)], to: &sentences)
        start = next
      }
      index = next
    }
    return sentences
  }

  private static func append(_ piece: Substring, to sentences: inout [Sentence]) {
    var verbatim = piece
    while let first = verbatim.utf8.first, isSpace(first) { verbatim = verbatim.dropFirst() }
    while let last = verbatim.utf8.last, isSpace(last) { verbatim = verbatim.dropLast() }
    let key = key(of: verbatim)
    if !key.isEmpty { sentences.append(Sentence(verbatim: verbatim, key: key)) }
  }

  /// Letters and digits alone, in lower case where they are ASCII, single spaces between words.
  static func key(of text: Substring) -> String {
    var key: [UInt8] = []
    key.reserveCapacity(text.utf8.count)
    var gap = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xff:
        if gap, !key.isEmpty { key.append(UInt8(ascii: " ")) }
        gap = false
        key.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        if gap, !key.isEmpty { key.append(UInt8(ascii: " ")) }
        gap = false
        key.append(byte | 0x20)
      default: gap = true
      }
    }
    return String(decoding: key, as: UTF8.self)
  }

  private static let newline = UInt8(ascii: "\n")

  private static func isStop(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }
}
