/// One pass over the bytes of a JSON text.
struct JSONReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let maxDepth: Int
  /// Names of the outermost object's members that are passed over.
  private let passing: [String]
  var position = 0
  var room: UnsafeMutableBufferPointer<UInt8>?

  init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int, passing: [String] = []) {
    self.bytes = bytes
    self.maxDepth = maxDepth
    self.passing = passing
  }

  mutating func document() throws(JSONError) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error(.trailing) }
    return value
  }

  func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
    JSONError(reason: reason, offset: offset ?? position)
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSON {
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

  mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length else { throw error(.unexpectedEnd, at: bytes.count) }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
      throw error(.unexpectedByte, at: position + index)
    }
    position += length
    return value
  }

  mutating func array(depth: Int) throws(JSONError) -> JSON {
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

  mutating func object(depth: Int) throws(JSONError) -> JSON {
    guard depth < maxDepth else { throw error(.tooDeep) }
    position += 1
    var members: [JSONObject.Member] = []
    if depth == 0 { members.reserveCapacity(24) }
    // beyond a handful of members the places are looked up: comparing each with each would let one record stop a
    // partition
    var places: [String: Int] = [:]
    // a bit for each kind of name so far: where a name's bit is not set it is new, and no other is looked at
    var kinds: UInt64 = 0
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
      let isPassed = depth == 0 && !passing.isEmpty && isPassed(key)
      let member = JSONObject.Member(
        key: key, value: isPassed ? try passed(depth: depth + 1) : try value(depth: depth + 1))
      var place: Int?
      let kind = Self.kind(of: key)
      if members.count < 24 {
        if kinds & kind != 0 { place = members.firstIndex { $0.key == key } }
        kinds |= kind
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

  private func isPassed(_ key: String) -> Bool {
    let length = key.utf8.count
    return passing.contains { $0.utf8.count == length && $0 == key }
  }

  /// One of 64 bits, by a name's length, first and last byte.
  private static func kind(of key: String) -> UInt64 {
    let units = key.utf8
    guard let first = units.first, let last = units.last else { return 1 }
    return 1 << ((UInt64(first) &* 7 &+ UInt64(last) &* 3 &+ UInt64(truncatingIfNeeded: units.count)) & 63)
  }

  mutating func another(before end: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    let byte = bytes[position]
    guard byte == UInt8(ascii: ",") || byte == end else { throw error(.unexpectedByte) }
    position += 1
    return byte != end
  }

  mutating func number() throws(JSONError) -> JSON {
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

  func digit() -> Int64? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- UInt8(ascii: "0")
    return digit < 10 ? Int64(digit) : nil
  }
}
