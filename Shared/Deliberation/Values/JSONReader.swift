/// One pass over the bytes of a JSON text: holds them against all rules and notes where each value stands.
struct JSONReader {
  typealias Node = JSONText.Node

  let bytes: UnsafeBufferPointer<UInt8>
  let maxDepth: Int
  var position = 0
  private var nodes: [Node] = []
  private var kinds: JSONNames.Kinds = 0
  /// How much was passed that would not be written so.
  private var oddities = 0

  init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  /// The nodes, and the kinds of the outermost object's names.
  mutating func document() throws(JSONError) -> ([Node], JSONNames.Kinds) {
    guard bytes.count < UInt32.max else { throw error(.tooLong) }
    // most records have no more, and they lie in what the allocator has at hand
    nodes.reserveCapacity(62)
    try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error(.trailing) }
    return (nodes, kinds)
  }

  /// Notes what began at `start` and ends here.
  private mutating func add(_ kind: Node.Kind, from start: Int) {
    nodes.append(
      Node(
        kind: kind, traits: [.plain, .ascii, .written], start: UInt32(start), end: UInt32(position),
        next: UInt32(nodes.count + 1)))
  }

  /// Ends the list or object of that place here, with all that was noted since.
  private mutating func close(_ place: Int, count: Int, isWritten: Bool) {
    nodes[place].end = UInt32(position)
    nodes[place].next = UInt32(nodes.count)
    nodes[place].count = UInt16(clamping: count)
    if !isWritten { nodes[place].traits.remove(.written) }
  }

  func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
    JSONError(reason: reason, offset: offset ?? position)
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09:
        position += 1
        oddities += 1
      default: return
      }
    }
  }

  mutating func value(depth: Int) throws(JSONError) {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try list(depth: depth)
    case UInt8(ascii: "\""): try text(.text)
    case UInt8(ascii: "t"): try word("true", .yes)
    case UInt8(ascii: "f"): try word("false", .no)
    case UInt8(ascii: "n"): try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw error(.unexpectedByte)
    }
  }

  private mutating func word(_ word: StaticString, _ kind: Node.Kind) throws(JSONError) {
    let length = word.utf8CodeUnitCount
    guard bytes.count - position >= length else { throw error(.unexpectedEnd, at: bytes.count) }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
      throw error(.unexpectedByte, at: position + index)
    }
    position += length
    add(kind, from: position - length)
  }

  private mutating func text(_ kind: Node.Kind) throws(JSONError) {
    let start = position + 1
    let passed = try passText()
    if !passed.contains(.written) { oddities += 1 }
    nodes.append(
      Node(
        kind: kind, traits: passed, start: UInt32(start), end: UInt32(position - 1), next: UInt32(nodes.count + 1)))
  }

  /// Whether a list or object that opens here ends at once.
  private mutating func opensEmpty(_ kind: Node.Kind, depth: Int, before end: UInt8) throws(JSONError) -> Bool {
    guard depth < maxDepth else { throw error(.tooDeep) }
    add(kind, from: position)
    position += 1
    skipSpace()
    guard position < bytes.count, bytes[position] == end else { return false }
    position += 1
    return true
  }

  private mutating func list(depth: Int) throws(JSONError) {
    let place = nodes.count
    let before = oddities
    var count = 0
    if try !opensEmpty(.list, depth: depth, before: UInt8(ascii: "]")) {
      repeat {
        try value(depth: depth + 1)
        count += 1
      } while try another(before: UInt8(ascii: "]"))
    }
    close(place, count: count, isWritten: oddities == before)
  }

  private mutating func object(depth: Int) throws(JSONError) {
    let place = nodes.count
    let before = oddities
    var names = JSONNames()
    if try !opensEmpty(.object, depth: depth, before: UInt8(ascii: "}")) {
      repeat {
        skipSpace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
        let name = nodes.count
        try text(.name)
        skipSpace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
        position += 1
        // of a name that stands twice the last value counts, in the place of the first
        if let first = names.first(like: name, from: place + 1, in: nodes, bytes) {
          nodes[first].next = UInt32(name + 1)
          nodes[name].kind = .again
          oddities += 1
        }
        try value(depth: depth + 1)
      } while try another(before: UInt8(ascii: "}"))
    }
    close(place, count: names.count, isWritten: oddities == before)
    if place == 0 { kinds = names.kinds }
  }

  mutating func another(before end: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw error(.unexpectedEnd) }
    let byte = bytes[position]
    guard byte == UInt8(ascii: ",") || byte == end else { throw error(.unexpectedByte) }
    position += 1
    return byte != end
  }

  private mutating func number() throws(JSONError) {
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
    var hasExponent = false
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      guard digit() != nil else { throw error(.invalidNumber) }
      while digit() != nil { position += 1 }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      hasExponent = true
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard digit() != nil else { throw error(.invalidNumber) }
      while digit() != nil { position += 1 }
    }
    if isWhole, !overflow, !(negative && whole == 0) { return add(.whole, from: start) }
    add(.number, from: start)
    // digits may be more than would be written
    oddities += 1
    // only what is long or has an exponent can be out of range
    if position - start > 300 || hasExponent, !nodes[nodes.count - 1].double(bytes).isFinite {
      throw error(.numberOutOfRange, at: start)
    }
  }

  func digit() -> Int64? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- UInt8(ascii: "0")
    return digit < 10 ? Int64(digit) : nil
  }
}
