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

  private static func decode(_ part: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var reader = JSONReader(bytes: part, maxDepth: 0)
    var count = 0
    while true {
      let start = reader.position
      reader.passPlain()
      count = room[count...].update(fromContentsOf: part[start..<reader.position])
      guard reader.position < part.count else { return count }
      reader.position += 1
      for unit in UTF8.encode((try? reader.escape()) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
        room[count] = unit
        count += 1
      }
    }
  }

  /// Whether there is more in it than white space.
  func hasWords(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    // the first character is nearly always one, and then the rest need not be built
    if end > start, case let first = bytes[Int(start)], first > 0x20, first < 0x7F, first != UInt8(ascii: "\\") {
      return true
    }
    return text(bytes).hasWords
  }

  /// Whether two texts are the same.
  func says(_ other: JSONText.Node, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isPlain, other.isPlain else { return text(bytes) == other.text(bytes) }
    return says(other.part(bytes), bytes)
  }

  func says(_ name: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isPlain else { return text(bytes) == "\(name)" }
    return says(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), bytes)
  }

  // lengths and ends differ nearly always where names do
  private func says(_ other: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let (first, count) = (Int(start), Int(end - start))
    guard count == other.count else { return false }
    var index = count - 1
    while index >= 0, bytes[first + index] == other[index] { index -= 1 }
    return index < 0
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
    Double(String(decoding: part(bytes), as: UTF8.self)) ?? .nan
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
