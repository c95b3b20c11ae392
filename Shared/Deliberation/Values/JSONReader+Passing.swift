// What a reader has no use for is held against the same rules and not built.
extension JSONReader {
  /// Passes a string, held against the same rules; whether it has more than white space.
  mutating func passString() throws(JSONError) -> Bool {
    position += 1
    var hasWords = false
    while true {
      let start = position
      let isASCII = try run()
      if !hasWords {
        let part = UnsafeBufferPointer(rebasing: bytes[start..<position])
        hasWords = isASCII ? part.contains { $0 > 0x20 } : Self.text(part, isASCII: false).hasWords
      }
      if bytes[position] == UInt8(ascii: "\"") {
        position += 1
        return hasWords
      }
      position += 1
      let scalar = try escape()
      if !hasWords { hasWords = !scalar.properties.isWhitespace }
    }
  }

  /// Passes a value that its reader has no use for, and leaves one of its kind: of a text one sign where it says anything,
  /// of a list and an object an empty one.
  mutating func passed(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "\""): return .string(try passString() ? "…" : "")
    case UInt8(ascii: "{"):
      try pass(depth: depth, until: UInt8(ascii: "}"))
      return [:]
    case UInt8(ascii: "["):
      try pass(depth: depth, until: UInt8(ascii: "]"))
      return []
    default: return try value(depth: depth)
    }
  }

  mutating func pass(depth: Int, until end: UInt8) throws(JSONError) {
    guard depth < maxDepth else { throw error(.tooDeep) }
    position += 1
    skipSpace()
    if position < bytes.count, bytes[position] == end {
      position += 1
      return
    }
    repeat {
      if end == UInt8(ascii: "}") {
        skipSpace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
        _ = try passString()
        skipSpace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
        position += 1
      }
      _ = try passed(depth: depth + 1)
    } while try another(before: end)
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
