/// Looks a quote up in an answer. White space and the ways in which Unicode writes one character count as equal, and so do
/// the quotation marks, dashes and ellipses that models exchange for each other; everything else must stand there.
///
/// Most quotes stand there byte for byte, so that is looked for first; the dearer ways are gone only where it fails, and
/// what they need of the answer is made once.
struct Quotes {
  private let answer: String
  private var bytes: [UInt8]?
  private var characters: [UInt64]?

  init(answer: String) { self.answer = answer }

  mutating func contain(_ quote: String) -> Bool {
    let sought = Self.normalized(quote)
    guard !sought.isEmpty else { return false }
    if ByteSearch.stands(quote, in: answer) { return true }
    let bytes = self.bytes ?? Self.normalized(answer)
    self.bytes = bytes
    if ByteSearch.stands(sought, in: bytes) { return true }
    // the same text may be composed differently: characters compare by what they mean
    guard sought.contains(where: { $0 >= 0x80 }) else { return false }
    let characters = self.characters ?? Self.characters(bytes)
    self.characters = characters
    return ByteSearch.stands(Self.characters(sought), in: characters)
  }

  /// A number for each character that is the same however it is composed.
  private static func characters(_ bytes: [UInt8]) -> [UInt64] {
    String(decoding: bytes, as: UTF8.self).map { character in
      if let ascii = character.asciiValue { return UInt64(ascii) }
      var hasher = Hasher()
      hasher.combine(character)
      return UInt64(bitPattern: Int64(hasher.finalize())) | 0x80
    }
  }

  /// With one space for each run of white space, and one sign for those that are exchanged for each other.
  private static func normalized(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { source in
      [UInt8](unsafeUninitializedCapacity: source.count + 1) { target, count in
        var writer = Writer(target: target)
        var place = 0
        while place < source.count {
          let byte = source[place]
          if byte < 0x80 {
            if byte == 0x20 || byte >= 0x09 && byte <= 0x0D { writer.space() } else { writer.put(byte) }
            place += 1
            continue
          }
          let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
          writer.put(source, place, min(length, source.count - place))
          place += length
        }
        count = writer.finished()
      }
    }
  }

  private struct Writer {
    let target: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    init(target: UnsafeMutableBufferPointer<UInt8>) { self.target = target }

    mutating func put(_ byte: UInt8) {
      target[count] = byte
      count += 1
    }

    mutating func space() { if count > 0, target[count - 1] != 0x20 { put(0x20) } }

    /// One scalar of more than a byte; what is put is never longer.
    mutating func put(_ source: UnsafeBufferPointer<UInt8>, _ place: Int, _ length: Int) {
      var scalar = UInt32(source[place]) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
      for index in 1..<max(1, length) { scalar = scalar << 6 | UInt32(source[place + index] & 0x3F) }
      switch scalar {
      case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: space()
      case 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD: break
      case 0x2018, 0x2019, 0x201A, 0x2032: put(UInt8(ascii: "'"))
      case 0x201C, 0x201D, 0x201E, 0xAB, 0xBB, 0x2033: put(UInt8(ascii: "\""))
      case 0x2010...0x2014, 0x2212: put(UInt8(ascii: "-"))
      case 0x2026: for _ in 0..<3 { put(UInt8(ascii: ".")) }
      default: for index in 0..<length { put(source[place + index]) }
      }
    }

    mutating func finished() -> Int {
      if count > 0, target[count - 1] == 0x20 { count -= 1 }
      return count
    }
  }
}
