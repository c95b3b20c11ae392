/// One pass over the bytes of a JSON text.
struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let maxDepth: Int
  private var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  mutating func document() throws(JSONError) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error(.trailing) }
    return value
  }

  private func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
    JSONError(reason: reason, offset: offset ?? position)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error(.unexpectedByte)
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length else { throw error(.unexpectedEnd, at: bytes.count) }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
      throw error(.unexpectedByte, at: position + index)
    }
    position += length
    return value
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    guard depth < maxDepth else { throw error(.tooDeep) }
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      elements.append(try value(depth: depth + 1))
      if try !another(before: UInt8(ascii: "]")) { return .array(elements) }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    guard depth < maxDepth else { throw error(.tooDeep) }
    position += 1
    var members: [JSONObject.Member] = []
    // beyond a handful of members the places are looked up: comparing each with each would let one record stop a
    // partition
    var places: [String: Int] = [:]
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return .object(JSONObject())
    }
    while true {
      skipSpace()
      guard position < bytes.count else { throw error(.unexpectedEnd) }
      guard bytes[position] == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
      let key = try string()
      skipSpace()
      guard position < bytes.count else { throw error(.unexpectedEnd) }
      guard bytes[position] == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
      position += 1
      let member = JSONObject.Member(key: key, value: try value(depth: depth + 1))
      var place: Int?
      if members.count < 24 {
        place = members.firstIndex { $0.key == key }
      } else {
        if places.isEmpty { for (index, member) in members.enumerated() { places[member.key] = index } }
        place = places[key]
      }
      if let place {
        members[place] = member
      } else {
        if !places.isEmpty { places[key] = members.count }
        members.append(member)
      }
      if try !another(before: UInt8(ascii: "}")) { return .object(JSONObject(unique: members)) }
    }
  }

  private mutating func another(before end: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    let byte = bytes[position]
    guard byte == UInt8(ascii: ",") || byte == end else { throw error(.unexpectedByte) }
    position += 1
    return byte != end
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = position
    let negative = bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    let firstDigit = position
    var whole: Int64 = 0
    var overflow = false
    while let digit = digit() {
      let (product, first) = whole.multipliedReportingOverflow(by: 10)
      let (sum, second) =
        negative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      overflow = overflow || first || second
      whole = sum
      position += 1
    }
    guard position > firstDigit else { throw error(.invalidNumber) }
    guard bytes[firstDigit] != UInt8(ascii: "0") || position == firstDigit + 1 else { throw error(.invalidNumber) }
    var isWhole = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      guard digit() != nil else { throw error(.invalidNumber) }
      while digit() != nil { position += 1 }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard digit() != nil else { throw error(.invalidNumber) }
      while digit() != nil { position += 1 }
    }
    if isWhole, !overflow, !(negative && whole == 0) { return .int(whole) }
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw error(.numberOutOfRange, at: start) }
    return .double(value)
  }

  private func digit() -> Int64? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- UInt8(ascii: "0")
    return digit < 10 ? Int64(digit) : nil
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    let isPlain = skipPlain()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      defer { position += 1 }
      let part = UnsafeBufferPointer(rebasing: bytes[start..<position])
      // what is ASCII need not be checked
      if isPlain { return String(decoding: part, as: UTF8.self) }
      return try text(part, at: start)
    case UInt8(ascii: "\\"): return try escapedString(from: start)
    default: throw error(.controlCharacter)
    }
  }

  private func text(_ part: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validating: part, as: UTF8.self) else { throw error(.invalidUTF8, at: start) }
    return text
  }

  /// Goes on to the next quotation mark, backslash or control character, eight bytes at a time; whether all on the way
  /// was ASCII.
  private mutating func skipPlain() -> Bool {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return true }
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var high: UInt64 = 0
    while position + 8 <= bytes.count {
      let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      // a byte is zero where it was the one sought: the classic test, exact up to the first hit
      let quote = word ^ (ones &* 0x22)
      let slash = word ^ (ones &* 0x5C)
      let control = (word &- ones &* 0x20) & ~word
      let found = ((quote &- ones) & ~quote | (slash &- ones) & ~slash | control) & highs
      if found != 0 { break }
      high |= word & highs
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
      high |= UInt64(byte & 0x80)
      position += 1
    }
    return high == 0
  }

  /// The slow way, taken from the first backslash on. What is decoded is never longer than what stood there.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    let end = try closingQuote()
    let decoded = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: end - start + 1)
    defer { decoded.deallocate() }
    var count = 0
    func take(_ from: Int, _ to: Int) {
      guard to > from, let target = decoded.baseAddress, let source = bytes.baseAddress else { return }
      (target + count).update(from: source + from, count: to - from)
      count += to - from
    }
    var isPlain = bytes[start..<position].allSatisfy { $0 < 0x80 }
    take(start, position)
    while true {
      let runStart = position
      if !skipPlain() { isPlain = false }
      take(runStart, position)
      guard position < bytes.count else { throw error(.unexpectedEnd) }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        let part = UnsafeBufferPointer(rebasing: decoded[..<count])
        return isPlain ? String(decoding: part, as: UTF8.self) : try text(part, at: start)
      case UInt8(ascii: "\\"):
        position += 1
        let scalar = try escape()
        if scalar.value < 0x80 {
          decoded[count] = UInt8(scalar.value)
          count += 1
        } else {
          isPlain = false
          for unit in String(scalar).utf8 {
            decoded[count] = unit
            count += 1
          }
        }
      default: throw error(.controlCharacter)
      }
    }
  }

  /// Where the string that is being read ends.
  private mutating func closingQuote() throws(JSONError) -> Int {
    let back = position
    defer { position = back }
    while true {
      _ = skipPlain()
      guard position < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
      switch bytes[position] {
      case UInt8(ascii: "\""): return position
      case UInt8(ascii: "\\"): position += 2
      default: throw error(.controlCharacter)
      }
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
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
