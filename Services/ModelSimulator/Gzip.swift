/// The gzip form of a body, with nothing in it made shorter: blocks as they are, and the checksum that readers look at.
enum Gzip {
  private static let block = 0xFFFF

  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let end = min(start + block, bytes.count)
      let count = UInt16(end - start)
      file.append(end == bytes.count ? 1 : 0)
      for number in [count, ~count] { file += [UInt8(number & 0xFF), UInt8(number >> 8)] }
      file += bytes[start..<end]
      start = end
    } while start < bytes.count
    for number in [checksum(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
      file += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    return file
  }

  /// CRC-32, bit by bit: a test's few bodies need no table.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
