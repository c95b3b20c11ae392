/// Looks a quote up in an answer. White space and the ways in which Unicode writes one character count as equal, and so do
/// the quotation marks, dashes and ellipses that models exchange for each other; everything else must stand there.
struct Quotes {
  private let characters: [Character]
  private let bytes: [UInt8]

  init(answer: String) {
    characters = Self.normalized(answer)
    bytes = Array(String(characters).utf8)
  }

  func contain(_ quote: String) -> Bool {
    let sought = Self.normalized(quote)
    guard !sought.isEmpty else { return false }
    let soughtBytes = Array(String(sought).utf8)
    if Self.stands(soughtBytes, in: bytes) { return true }
    // the same text may be composed differently: characters compare by what they mean
    guard soughtBytes.contains(where: { $0 >= 0x80 }) else { return false }
    return Self.stands(sought, in: characters)
  }

  /// How a quote is compared; for a test of the rules above.
  static func normalized(_ text: String) -> [Character] {
    var normalized: [Character] = []
    normalized.reserveCapacity(text.utf8.count)
    for character in text {
      if character.isWhitespace {
        if let last = normalized.last, last != " " { normalized.append(" ") }
        continue
      }
      switch character {
      case "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\u{FEFF}", "\u{00AD}": continue
      case "\u{2018}", "\u{2019}", "\u{201A}", "\u{2032}": normalized.append("'")
      case "\u{201C}", "\u{201D}", "\u{201E}", "\u{00AB}", "\u{00BB}", "\u{2033}": normalized.append("\"")
      case "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}": normalized.append("-")
      case "\u{2026}": normalized.append(contentsOf: "...")
      default: normalized.append(character)
      }
    }
    if normalized.last == " " { normalized.removeLast() }
    return normalized
  }

  private static func stands<Element: Hashable>(_ sought: [Element], in all: [Element]) -> Bool {
    guard sought.count <= all.count, let first = sought.first else { return false }
    let lastStart = all.count - sought.count
    var start = 0
    while start <= lastStart {
      guard let next = all[start...lastStart].firstIndex(of: first) else { return false }
      var index = 1
      while index < sought.count, all[next + index] == sought[index] { index += 1 }
      if index == sought.count { return true }
      start = next + 1
    }
    return false
  }
}
