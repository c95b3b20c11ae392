// Strings: most of what stands on the log.
extension JSONReader {
  /// Passes a string, and says what there is to know of it.
  mutating func passText() throws(JSONError) -> Node.Traits {
    var passed: Node.Traits = [.plain, .ascii, .written]
    var place = position + 1
    while true {
      place = plain(from: place)
      guard place < bytes.count else {
        position = place
        throw error(.unexpectedEnd)
      }
      switch bytes[place] {
      case UInt8(ascii: "\""):
        position = place + 1
        return passed
      case UInt8(ascii: "\\"):
        passed.remove(.plain)
        // they often follow each other
        repeat {
          place += 1
          if place < bytes.count, Self.isSimple(bytes[place]) {
            if bytes[place] == UInt8(ascii: "/") { passed.remove(.written) }
            place += 1
          } else {
            position = place
            let scalar = try escape()
            if scalar.value >= 0x80 { passed.remove(.ascii) }
            if !JSONWriter.isWritten(scalar, digit: bytes[position - 1]) { passed.remove(.written) }
            place = position
          }
        } while place < bytes.count && bytes[place] == UInt8(ascii: "\\")
      case 0..<0x20:
        position = place
        throw error(.controlCharacter)
      case 0x80...:
        passed.remove(.ascii)
        position = place
        // such characters seldom stand alone
        repeat { try passSequence(bytes[position]) } while position < bytes.count && bytes[position] >= 0x80
        place = position
      default: place += 1
      }
    }
  }

  /// Whether a backslash before that byte stands for one byte: a bit for each that it can be.
  private static func isSimple(_ byte: UInt8) -> Bool {
    let (low, high): (UInt64, UInt64) = (1 << 34 | 1 << 47, 1 << 28 | 1 << 34 | 1 << 38 | 1 << 46 | 1 << 50 | 1 << 52)
    return byte < 0x80 && (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 != 0
  }

  /// The next byte from there on that is no plain ASCII text, sixteen bytes at a time; where fewer are left they are looked
  /// at one by one.
  @inline(__always) private func plain(from start: Int) -> Int {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return start }
    let (space, quote, slash) = (
      SIMD16<Int8>(repeating: 0x20), SIMD16<Int8>(repeating: 0x22), SIMD16<Int8>(repeating: 0x5C)
    )
    var place = start
    while place &+ 16 <= bytes.count {
      // as signed numbers, control characters and what is not ASCII are both less than a space
      let piece = base.loadUnaligned(fromByteOffset: place, as: SIMD16<Int8>.self)
      let found = unsafeBitCast((piece .< space) .| (piece .== quote) .| (piece .== slash), to: SIMD2<UInt64>.self)
      if found[0] | found[1] != 0 {
        return place
          &+ (found[0] != 0
            ? UInt64(littleEndian: found[0]).trailingZeroBitCount / 8
            : 8 &+ UInt64(littleEndian: found[1]).trailingZeroBitCount / 8)
      }
      place &+= 16
    }
    return place
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

  mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    let byte = bytes[position]
    position += 1
    if let simple = Self.simple(byte) { return Unicode.Scalar(simple) }
    switch byte {
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

  /// What a backslash before that byte stands for, where it is one byte.
  static func simple(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: nil
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
