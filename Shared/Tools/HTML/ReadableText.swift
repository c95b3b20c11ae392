/// Puts text together as it is read: spaces joined, paragraphs apart, no longer than a bound.
struct ReadableText {
  private let limit: Int
  private var bytes: [UInt8] = []
  private var isSpaceDue = false
  var keepsSpace = false

  init(limit: Int) { self.limit = limit }

  var count: Int { bytes.count }
  var text: String {
    let end = bytes.lastIndex { $0 != 0x20 && $0 != 0x0A }.map { $0 + 1 } ?? 0
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  mutating func add(_ text: String) {
    for byte in text.utf8 {
      guard bytes.count < limit else { return }
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if keepsSpace {
        // other control characters say nothing to a reader
        if byte >= 0x20 || byte == 0x0A || byte == 0x09 { bytes.append(byte) }
      } else if isSpace {
        isSpaceDue = true
      } else if byte >= 0x20 {
        if isSpaceDue, let last = bytes.last, last != 0x0A, last != 0x20 { bytes.append(0x20) }
        isSpaceDue = false
        bytes.append(byte)
      }
    }
  }

  mutating func raw(_ text: String) {
    isSpaceDue = false
    if bytes.count < limit { bytes += Array(text.utf8) }
  }

  mutating func line() {
    isSpaceDue = false
    while bytes.last == 0x20 { bytes.removeLast() }
    if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
  }

  mutating func paragraph() {
    line()
    if bytes.count >= 2, bytes[bytes.count - 2] != 0x0A { bytes.append(0x0A) }
  }

  /// What was added since it had so many bytes, on one line.
  func since(_ start: Int) -> String {
    guard start < bytes.count else { return "" }
    return Self.plain(String(decoding: bytes[start...], as: UTF8.self))
  }

  static func plain(_ text: String) -> String {
    text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
  }
}
