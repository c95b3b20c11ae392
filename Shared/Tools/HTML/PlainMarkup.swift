/// A page of HTML written anew before a tree is made of it: tags with nothing but the attributes that a reader needs, text,
/// and no scripts, styles or comments. Linear in the page, whatever it holds; libxml2 compares each attribute of a tag with
/// all others, and so takes minutes for one tag of two megabytes.
struct PlainMarkup {
  private let source: [UInt8]
  private var place = 0
  private(set) var bytes: [UInt8] = []

  private static let kept: Set = ["href", "alt", "hidden", "aria-hidden"]
  /// What stands in them is no text for a reader, and follows rules of its own up to their end tag.
  private static let dropped: Set = ["script", "style", "iframe", "noembed", "noframes"]
  /// What stands in them is text alone.
  private static let plain: Set = ["title", "textarea", "xmp"]
  private static let nameLimit = 64
  private static let valueLimit = 4_096

  /// `source` is UTF-8.
  init(_ source: [UInt8]) {
    self.source = source
    bytes.reserveCapacity(source.count)
    while place < source.count {
      let byte = source[place]
      if byte == UInt8(ascii: "<") { markup() } else { text(byte) }
    }
  }

  /// A zero byte would be the end of the page to libxml2.
  private mutating func text(_ byte: UInt8) {
    if byte == UInt8(ascii: "<") { bytes += Array("&lt;".utf8) } else if byte != 0 { bytes.append(byte) }
    place += 1
  }

  private func at(_ offset: Int) -> UInt8? { offset < source.count ? source[offset] : nil }

  private mutating func markup() {
    switch at(place + 1) {
    case UInt8(ascii: "!")? where at(place + 2) == UInt8(ascii: "-") && at(place + 3) == UInt8(ascii: "-"): comment()
    case UInt8(ascii: "!")?, UInt8(ascii: "?")?: pass(UInt8(ascii: ">"))
    case UInt8(ascii: "/")?:
      if let next = at(place + 2), Self.isLetter(next) {
        place += 2
        tag(isEnd: true)
      } else {
        pass(UInt8(ascii: ">"))
      }
    case let next? where Self.isLetter(next):
      place += 1
      tag(isEnd: false)
    default: text(UInt8(ascii: "<"))
    }
  }

  private mutating func comment() {
    place += 4
    // <!--> and <!---> are whole
    if at(place) == UInt8(ascii: ">") || (at(place) == UInt8(ascii: "-") && at(place + 1) == UInt8(ascii: ">")) {
      pass(UInt8(ascii: ">"))
      return
    }
    while place < source.count {
      if source[place] == UInt8(ascii: ">"), source[place - 1] == UInt8(ascii: "-"),
        source[place - 2] == UInt8(ascii: "-")
      {
        break
      }
      place += 1
    }
    place += 1
  }

  private mutating func pass(_ end: UInt8) {
    while place < source.count, source[place] != end { place += 1 }
    place += 1
  }

  private mutating func tag(isEnd: Bool) {
    let name = word { Self.isSpace($0) || "/>".utf8.contains($0) }
    var tag = Array((isEnd ? "</" : "<").utf8) + name.prefix { Self.isLetter($0) || Self.isDigit($0) }
    var seen: Set<String> = []
    while let byte = at(place), byte != UInt8(ascii: ">") {
      if Self.isSpace(byte) || byte == UInt8(ascii: "/") {
        place += 1
        continue
      }
      let (attribute, value) = attribute()
      let key = String(decoding: attribute, as: UTF8.self)
      guard !isEnd, Self.kept.contains(key), seen.insert(key).inserted, value.count <= Self.valueLimit else { continue }
      tag += Array(" \(key)=\"".utf8)
      for byte in source[value] where byte != 0 {
        if byte == UInt8(ascii: "\"") { tag += Array("&quot;".utf8) } else { tag.append(byte) }
      }
      tag.append(UInt8(ascii: "\""))
    }
    // a tag that does not end is none
    guard at(place) != nil else { return }
    place += 1
    let key = String(decoding: name, as: UTF8.self)
    if !isEnd, Self.dropped.contains(key) { return passText(of: name, keeps: false) }
    bytes += tag
    bytes.append(UInt8(ascii: ">"))
    if !isEnd, Self.plain.contains(key) { passText(of: name, keeps: true) }
  }

  /// In lower case, and no longer than names are.
  private mutating func word(until isEnd: (UInt8) -> Bool) -> [UInt8] {
    var word: [UInt8] = []
    while let byte = at(place), !isEnd(byte) {
      if word.count < Self.nameLimit { word.append((65...90).contains(byte) ? byte + 32 : byte) }
      place += 1
    }
    return word
  }

  private mutating func attribute() -> (name: [UInt8], value: Range<Int>) {
    // a name may begin with it
    if at(place) == UInt8(ascii: "=") { place += 1 }
    let name = word { Self.isSpace($0) || "=/>".utf8.contains($0) }
    var ahead = place
    while let byte = at(ahead), Self.isSpace(byte) { ahead += 1 }
    guard at(ahead) == UInt8(ascii: "=") else { return (name, place..<place) }
    place = ahead + 1
    while let byte = at(place), Self.isSpace(byte) { place += 1 }
    if let quote = at(place), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let begin = place + 1
      place = begin
      pass(quote)
      return (name, begin..<max(begin, min(place - 1, source.count)))
    }
    let begin = place
    while let byte = at(place), byte != UInt8(ascii: ">"), !Self.isSpace(byte) { place += 1 }
    return (name, begin..<place)
  }

  /// Up to the end tag of that name, which is left standing where the text is kept.
  private mutating func passText(of name: [UInt8], keeps: Bool) {
    while let byte = at(place) {
      if byte == UInt8(ascii: "<"), isEndTag(of: name) {
        if !keeps { pass(UInt8(ascii: ">")) }
        return
      }
      if keeps { text(byte) } else { place += 1 }
    }
  }

  private func isEndTag(of name: [UInt8]) -> Bool {
    guard at(place + 1) == UInt8(ascii: "/") else { return false }
    for (offset, byte) in name.enumerated() {
      guard let other = at(place + 2 + offset), other | 0x20 == byte else { return false }
    }
    guard let after = at(place + 2 + name.count) else { return false }
    return after == UInt8(ascii: ">") || after == UInt8(ascii: "/") || Self.isSpace(after)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
