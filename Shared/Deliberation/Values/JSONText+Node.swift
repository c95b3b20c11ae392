// What a node says, read from the bytes in which it stands; they were held against the rules before.
extension JSONText.Node {
  func part(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)])
  }

  func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let part = part(bytes)
    guard !isPlain else { return Self.text(part, isASCII: isASCII) }
    // what is decoded is never longer than what stands there
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: part.count) { room in
      Self.text(UnsafeBufferPointer(rebasing: room[..<Self.decode(part, into: room)]), isASCII: isASCII)
    }
  }

  /// What was checked byte by byte is not checked again: that would take longer than all the rest of reading.
  private static func text(_ part: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String {
    String(copying: UTF8Span(unchecked: part.span, isKnownASCII: isASCII))
  }

  /// Returns how many bytes it wrote; there is room for as many as stand there.
  static func decode(_ part: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>) -> Int {
    guard let from = UnsafeRawPointer(part.baseAddress), let to = UnsafeMutableRawPointer(room.baseAddress) else {
      return 0
    }
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = 0
    var count = 0
    while place < part.count {
      if place + 8 <= part.count {
        // the whole word, of which only what stands before a backslash counts
        let word = from.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        to.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
        let slash = UInt64(littleEndian: word) ^ (ones &* 0x5C)
        let found = (slash &- ones) & ~slash & ones << 7
        let plain = found == 0 ? 8 : found.trailingZeroBitCount / 8
        place += plain
        count += plain
        if found == 0 { continue }
      }
      if part[place] != UInt8(ascii: "\\") {
        room[count] = part[place]
        place += 1
        count += 1
      } else if let simple = JSONReader.simple(part[place + 1]) {
        room[count] = simple
        place += 2
        count += 1
      } else {
        var reader = JSONReader(bytes: part, maxDepth: 0)
        reader.position = place + 1
        for unit in UTF8.encode((try? reader.escape()) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
          room[count] = unit
          count += 1
        }
        place = reader.position
      }
    }
    return count
  }

  /// Whether there is more in it than white space.
  func hasWords(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    // the first character is nearly always one, and then the rest need not be built
    if end > start, Self.isWord(bytes[Int(start)]) { return true }
    return text(bytes).hasWords
  }

  /// Whether a text that begins with that byte has more than white space.
  static func isWord(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\\") }

  /// Whether two texts are the same.
  func says(_ other: JSONText.Node, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isPlain, other.isPlain else { return text(bytes) == other.text(bytes) }
    return ByteSearch.isSame(part(bytes), other.part(bytes))
  }

  func says(_ name: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isPlain else { return text(bytes) == "\(name)" }
    return ByteSearch.isSame(part(bytes), UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  func number(_ bytes: UnsafeBufferPointer<UInt8>) -> JSON {
    kind == .whole ? .int(whole(bytes)) : .double(double(bytes))
  }

  func whole(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
    var whole: Int64 = 0
    let isNegative = bytes[Int(start)] == UInt8(ascii: "-")
    for byte in part(bytes).dropFirst(isNegative ? 1 : 0) {
      let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
      whole = whole * 10 + (isNegative ? -digit : digit)
    }
    return whole
  }

  func double(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
    let part = part(bytes)
    return Self.short(part) ?? Double(String(decoding: part, as: UTF8.self)) ?? .nan
  }

  /// Up to fifteen digits without an exponent: they and the power of ten are exact, so that their quotient is the nearest
  /// double.
  private static func short(_ part: UnsafeBufferPointer<UInt8>) -> Double? {
    guard part.count <= 16, let first = part.first, first != UInt8(ascii: "-") else { return nil }
    var digits: Int64 = 0
    var scale: Int64 = 1
    var isBehindPoint = false
    for byte in part {
      if byte == UInt8(ascii: "."), !isBehindPoint {
        isBehindPoint = true
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      digits = digits * 10 + Int64(digit)
      if isBehindPoint { scale *= 10 }
    }
    return isBehindPoint ? Double(digits) / Double(scale) : nil
  }
}

extension String {
  /// Whether there is more in it than white space.
  var hasWords: Bool {
    // the first character is nearly always one, and the tables of Unicode are not asked for it
    if let first = utf8.first, first > 0x20, first < 0x7F { return true }
    return unicodeScalars.contains { !$0.properties.isWhitespace }
  }
}
