/// Writes JSON without spaces; the same value always gives the same bytes.
struct JSONWriter {
  var bytes: [UInt8] = []

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func write(_ value: JSON) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): write(number: value)
    // JSON has no word for what is not a finite number
    case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): write(text: value)
    case .passage(let value):
      bytes.append(UInt8(ascii: "\""))
      bytes.append(contentsOf: value.escaped)
      bytes.append(UInt8(ascii: "\""))
    case .written(let value): bytes.append(contentsOf: value)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      var isFirst = true
      for element in elements {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        write(element)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      open()
      var isFirst = true
      for member in object.members {
        write(key: member.key, first: isFirst)
        isFirst = false
        write(member.value)
      }
      close()
    }
  }

  /// Puts in a value that was written before.
  mutating func write(written value: [UInt8]) { bytes.append(contentsOf: value) }

  mutating func sign(_ sign: UInt8) { bytes.append(sign) }

  mutating func write(number: Int64) {
    // digits from behind, of a number that has at most nineteen
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { room in
      var place = 20
      var rest = number.magnitude
      repeat {
        place -= 1
        room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 {
        place -= 1
        room[place] = UInt8(ascii: "-")
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[place...]))
    }
  }

  mutating func open() { bytes.append(UInt8(ascii: "{")) }

  mutating func close() { bytes.append(UInt8(ascii: "}")) }

  mutating func write(key: String, first: Bool) { write(text: key, isNext: !first, isKey: true) }

  /// A text in its quotation marks, behind a comma where it is the next of several, before a colon where it is a key.
  mutating func write(text: String, isNext: Bool = false, isKey: Bool = false) {
    if isNext { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    put(text)
    bytes.append(UInt8(ascii: "\""))
    if isKey { bytes.append(UInt8(ascii: ":")) }
  }

  /// What a text says, escaped, without quotation marks.
  mutating func put(_ text: String) {
    var text = text
    text.withUTF8 { put($0) }
  }

  mutating func put(_ source: UnsafeBufferPointer<UInt8>) {
    var place = 0
    while place < source.count {
      // for the few that must be escaped there is room; where they are many, more is made for the rest
      bytes.append(addingCapacity: Self.room(source.count - place)) { output in
        output.withUnsafeMutableBufferPointer { target, count in
          (place, count) = Self.copy(source, from: place, to: target)
        }
      }
    }
  }

  /// How many bytes are made room for where so many are to be written.
  static func room(_ count: Int) -> Int { count + count / 8 + 8 }

  /// Copies as much as there is room for, escaped; whole words where nothing in them must be. Returns where it stopped, and
  /// how many bytes it wrote.
  private static func copy(
    _ source: UnsafeBufferPointer<UInt8>, from start: Int, to target: UnsafeMutableBufferPointer<UInt8>
  ) -> (place: Int, count: Int) {
    guard let from = UnsafeRawPointer(source.baseAddress), let to = UnsafeMutableRawPointer(target.baseAddress) else {
      return (start, 0)
    }
    let (length, room) = (source.count, target.count)
    var place = start
    var count = 0
    while place < length {
      // nothing here can overflow: both are places in memory
      if place &+ 8 <= length, count &+ 8 <= room {
        let word = from.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        to.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
        let found = escaped(UInt64(littleEndian: word))
        let plain = found == 0 ? 8 : found.trailingZeroBitCount / 8
        place &+= plain
        count &+= plain
        if found == 0 { continue }
      }
      guard count + 6 <= room else { break }
      let byte = source[place]
      place += 1
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        target[count] = byte
        count += 1
      } else {
        count += escape(byte, target, at: count)
      }
    }
    return (place, count)
  }

  /// The highest bit of each byte that cannot stand as it is, exact up to the first of them.
  private static func escaped(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let slash = word ^ (ones &* 0x5C)
    let control = (word &- ones &* 0x20) & ~word
    return ((quote &- ones) & ~quote | (slash &- ones) & ~slash | control) & ones << 7
  }

  /// The next byte from there on that cannot stand as it is.
  private static func plain(_ buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let base = UnsafeRawPointer(buffer.baseAddress) else { return buffer.count }
    var place = start
    while place + 8 <= buffer.count {
      let found = escaped(UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      if found != 0 { return place + found.trailingZeroBitCount / 8 }
      place += 8
    }
    while place < buffer.count, Self.size(of: buffer[place]) == 1 { place += 1 }
    return place
  }

  /// How many bytes a text takes between its quotation marks.
  static func size(of text: String) -> Int {
    var text = text
    return text.withUTF8 { buffer in
      var size = buffer.count
      var place = plain(buffer, from: 0)
      while place < buffer.count {
        size += Self.size(of: buffer[place]) - 1
        place = plain(buffer, from: place + 1)
      }
      return size
    }
  }

  /// Returns how many bytes it wrote.
  private static func escape(_ byte: UInt8, _ target: UnsafeMutableBufferPointer<UInt8>, at place: Int) -> Int {
    target[place] = UInt8(ascii: "\\")
    let sign: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): sign = byte
    case 0x0A: sign = UInt8(ascii: "n")
    case 0x0D: sign = UInt8(ascii: "r")
    case 0x09: sign = UInt8(ascii: "t")
    case 0x08: sign = UInt8(ascii: "b")
    case 0x0C: sign = UInt8(ascii: "f")
    default:
      target[place + 1] = UInt8(ascii: "u")
      target[place + 2] = UInt8(ascii: "0")
      target[place + 3] = UInt8(ascii: "0")
      target[place + 4] = Hex.digit(byte >> 4)
      target[place + 5] = Hex.digit(byte & 15)
      return 6
    }
    target[place + 1] = sign
    return 2
  }

  /// Whether a character that was read from an escape with four digits, of which `digit` is the last, is written just so.
  static func isWritten(_ scalar: Unicode.Scalar, digit: UInt8) -> Bool {
    guard scalar.value < 0x20, size(of: UInt8(scalar.value)) == 6 else { return false }
    return Hex.digit(UInt8(scalar.value & 15)) == digit
  }

  /// How many bytes one byte of a string takes in JSON.
  static func size(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
    case 0..<0x20: 6
    default: 1
    }
  }
}
