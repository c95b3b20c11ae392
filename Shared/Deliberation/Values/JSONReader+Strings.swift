// Strings: most of what stands on the log.
extension JSONReader {
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    let isASCII = try run()
    if bytes[position] == UInt8(ascii: "\"") {
      defer { position += 1 }
      return Self.text(UnsafeBufferPointer(rebasing: bytes[start..<position]), isASCII: isASCII)
    }
    return try escapedString(from: start, isASCII: isASCII)
  }

  /// What was checked byte by byte is not checked again: that would take longer than all the rest of reading.
  static func text(_ part: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String {
    String(copying: UTF8Span(unchecked: part.span, isKnownASCII: isASCII))
  }

  /// Goes on to the next quotation mark or backslash, eight bytes at a time, past nothing but UTF-8; whether all on the
  /// way was ASCII.
  mutating func run() throws(JSONError) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var isASCII = true
    while position < bytes.count {
      if let base = UnsafeRawPointer(bytes.baseAddress), position + 8 <= bytes.count {
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        // a byte is zero where it was the one sought: the classic test, exact up to the first hit
        let quote = word ^ (ones &* 0x22)
        let slash = word ^ (ones &* 0x5C)
        let control = (word &- ones &* 0x20) & ~word
        let found = ((quote &- ones) & ~quote | (slash &- ones) & ~slash | control | word) & highs
        guard found != 0 else {
          position += 8
          continue
        }
        position += found.trailingZeroBitCount / 8
      }
      let byte = bytes[position]
      if byte >= 0x80 {
        try passSequence(byte)
        isASCII = false
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        return isASCII
      } else if byte < 0x20 {
        throw error(.controlCharacter)
      } else {
        position += 1
      }
    }
    throw error(.unexpectedEnd)
  }

  /// Passes one character of more than one byte, as table 3-7 of the Unicode standard has them.
  mutating func passSequence(_ first: UInt8) throws(JSONError) {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: throw error(.invalidUTF8)
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { throw error(.invalidUTF8) }
    for index in 2..<max(2, length) where bytes[position + index] & 0xC0 != 0x80 { throw error(.invalidUTF8) }
    position += length
  }

  /// The slow way, taken from the first backslash on. What is decoded is never longer than what stood there.
  mutating func escapedString(from start: Int, isASCII: Bool) throws(JSONError) -> String {
    let decoded = decodingRoom()
    var count = 0
    func take(_ from: Int, _ to: Int) {
      guard to > from, let target = decoded.baseAddress, let source = bytes.baseAddress else { return }
      (target + count).update(from: source + from, count: to - from)
      count += to - from
    }
    var isASCII = isASCII
    take(start, position)
    while bytes[position] == UInt8(ascii: "\\") {
      position += 1
      let scalar = try escape()
      if scalar.value < 0x80 {
        decoded[count] = UInt8(scalar.value)
        count += 1
      } else {
        isASCII = false
        for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          decoded[count] = unit
          count += 1
        }
      }
      let start = position
      if try !run() { isASCII = false }
      take(start, position)
    }
    position += 1
    return Self.text(UnsafeBufferPointer(rebasing: decoded[..<count]), isASCII: isASCII)
  }

  /// One place for all strings with escapes, as long as the whole text.
  mutating func decodingRoom() -> UnsafeMutableBufferPointer<UInt8> {
    if let room { return room }
    let new = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    room = new
    return new
  }

  /// To be called when reading is over.
  mutating func finish() {
    room?.deallocate()
    room = nil
  }

  mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      var scalar = Unicode.Scalar(UInt32(first))
      if first & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        let back = position
        position += 2
        let second = try hexadecimal()
        if second & 0xFC00 == 0xDC00 {
          scalar = Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF))
        } else {
          position = back
        }
      }
      return scalar ?? "\u{FFFD}"
    default: throw error(.invalidEscape, at: position - 1)
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt16 {
    guard bytes.count - position >= 4 else { throw error(.unexpectedEnd, at: bytes.count) }
    var value: UInt16 = 0
    for _ in 0..<4 {
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error(.invalidEscape)
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}
