/// A gzip file that is small and inflates to very much, made by hand: one literal space, and matches of 258 bytes at
/// distance 1 in the fixed code, thirteen bits each. The checksum at the end is wrong, because nobody should get there.
enum GzipBomb {
  static let inflated = 100_000_000

  static let bytes: [UInt8] = {
    var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var bits = Bits()
    bits.put(0b1, 1)  // the last block
    bits.put(0b01, 2)  // fixed codes
    bits.putReversed(0x30 + 0x20, 8)  // the literal " "
    for _ in 0..<(inflated / 258) {
      bits.putReversed(0b1100_0101, 8)  // length 258
      bits.putReversed(0, 5)  // distance 1
    }
    bits.putReversed(0, 7)  // end of block
    file += bits.finished()
    file += [0, 0, 0, 0, 0, 0, 0, 0]
    return file
  }()

  private struct Bits {
    private var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var count = 0

    mutating func put(_ value: UInt32, _ width: Int) {
      pending |= value << UInt32(count)
      count += width
      while count >= 8 {
        bytes.append(UInt8(pending & 0xff))
        pending >>= 8
        count -= 8
      }
    }

    /// Huffman codes go in with their highest bit first.
    mutating func putReversed(_ code: UInt32, _ width: Int) {
      var reversed: UInt32 = 0
      for bit in 0..<width where code & (1 << UInt32(bit)) != 0 { reversed |= 1 << UInt32(width - 1 - bit) }
      put(reversed, width)
    }

    mutating func finished() -> [UInt8] {
      if count > 0 { put(0, 8 - count) }
      return bytes
    }
  }
}
