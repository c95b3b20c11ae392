/// Looks a quote up in an answer. White space and the ways in which Unicode writes one character count as equal, and so do
/// the quotation marks, dashes and ellipses that models exchange for each other; everything else must stand there.
///
/// Most quotes stand there byte for byte, so that is looked for first; the dearer ways are gone only where it fails, and
/// what they need of the answer is made once.
struct Quotes {
  private let answer: Passage
  private var bytes: [UInt8]?
  private var characters: [UInt64]?

  init(answer: Passage) { self.answer = answer }

  mutating func contain(_ quote: String) -> Bool {
    if let first = quote.utf8.first, JSONText.Node.isWord(first), answer.holds(Passage(quote)) { return true }
    let sought = Self.normalized(Array(quote.utf8))
    guard !sought.isEmpty else { return false }
    let bytes = self.bytes ?? Self.normalized(answer.utf8)
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
  private static func normalized(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: source.count + 8) { target, count in
        var writer = Writer(target: target)
        var place = 0
        while place < source.count {
          place += writer.put(plain: source, from: place)
          guard place < source.count else { break }
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

    /// As much as stands from there on in whole words that stay as they are: ASCII in which no space follows another, and no
    /// other white space. Returns how much that is.
    mutating func put(plain source: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
      guard let from = UnsafeRawPointer(source.baseAddress), let to = UnsafeMutableRawPointer(target.baseAddress) else {
        return 0
      }
      let ones: UInt64 = 0x0101_0101_0101_0101
      var place = start
      var isAfterSpace = count > 0 && target[count - 1] == 0x20 || count == 0
      while place + 8 <= source.count {
        let word = UInt64(littleEndian: from.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        let blank = word ^ (ones &* 0x20)
        // exact where all of the word is ASCII and no control character, and then nothing is borrowed
        let spaces = ((blank | (ones &* 0x80)) &- ones) & (ones &* 0x80) ^ (ones &* 0x80)
        let others = (word | word &- ones &* 0x20) & (ones &* 0x80)
        guard others == 0, spaces & spaces << 8 == 0, !(isAfterSpace && spaces & 0x80 != 0) else { break }
        to.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        isAfterSpace = spaces >> 63 != 0
        place += 8
        count += 8
      }
      return place - start
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
