/// Stands in a text for bytes that no Swift string and no JSON writer would let through.
enum Placeholder {
  /// Becomes two bytes that are no UTF-8.
  static let invalid = "\u{F8F0}"
  /// Becomes the escape of half a surrogate pair.
  static let surrogate = "\u{F8F1}"

  static func resolved(_ bytes: [UInt8]) -> [UInt8] {
    replacing(
      Array(surrogate.utf8), with: Array("\\ud83d".utf8),
      in: replacing(Array(invalid.utf8), with: [0xff, 0xc0], in: bytes))
  }

  private static func replacing(_ wanted: [UInt8], with other: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == wanted[0], bytes[index...].starts(with: wanted) {
        result += other
        index += wanted.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }
}
