/// Reads server-sent events from bytes that arrive in whatever pieces: LF, CRLF or CR, comments, several data lines.
package struct SSEParser: Sendable {
  /// The most bytes one event may have before the parser gives up.
  package let limit: Int
  /// Set when an event was longer than the limit. From then on nothing is read any more.
  package private(set) var isOverfull = false
  /// How many comment lines came: they show that the other side is alive.
  package private(set) var comments = 0

  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var event = ""
  private var id: String?
  private var afterReturn = false
  private var isFirstLine = true

  package init(limit: Int = 8_000_000) { self.limit = limit }

  package mutating func feed(_ bytes: [UInt8]) -> [SSEEvent] {
    var events: [SSEEvent] = []
    var start = bytes.startIndex
    if afterReturn, bytes.first == 0x0A { start += 1 }
    if !bytes.isEmpty { afterReturn = false }
    while start < bytes.endIndex, !isOverfull {
      guard let end = Self.lineEnd(bytes, from: start) else {
        _ = append(bytes[start...])
        break
      }
      if append(bytes[start..<end]) { endLine(&events) }
      start = end + 1
      guard bytes[end] == 0x0D else { continue }
      if start == bytes.endIndex { afterReturn = true } else if bytes[start] == 0x0A { start += 1 }
    }
    return events
  }

  /// Where the line ends that `start` stands in; eight bytes at a time, as most of them are none.
  private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    bytes.withUnsafeBytes { buffer in
      let ones: UInt64 = 0x0101_0101_0101_0101
      let highs: UInt64 = 0x8080_8080_8080_8080
      var place = start
      while place + 8 <= buffer.count {
        let word = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        let feed = word ^ (ones &* 0x0A)
        let back = word ^ (ones &* 0x0D)
        // a byte is zero where it was the one sought: exact up to the first hit
        let found = ((feed &- ones) & ~feed | (back &- ones) & ~back) & highs
        if found != 0 { return place + found.trailingZeroBitCount / 8 }
        place += 8
      }
      while place < buffer.count {
        if buffer[place] == 0x0A || buffer[place] == 0x0D { return place }
        place += 1
      }
      return nil
    }
  }

  private mutating func append(_ piece: ArraySlice<UInt8>) -> Bool {
    guard !isOverfull, line.count + data.count + piece.count <= limit else {
      isOverfull = true
      line = []
      data = []
      return false
    }
    line.append(contentsOf: piece)
    return true
  }

  private mutating func endLine(_ events: inout [SSEEvent]) {
    defer { line.removeAll(keepingCapacity: line.capacity <= 65_536) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard let first = line.first else {
      if hasData { events.append(SSEEvent(event: event, data: data, id: id)) }
      data = []
      hasData = false
      event = ""
      return
    }
    guard first != UInt8(ascii: ":") else {
      comments += 1
      return
    }
    // what nearly all lines are
    if let start = Self.dataStart(line) { return take(line[start...]) }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = colon < line.endIndex ? line[(colon + 1)...] : []
    if value.first == UInt8(ascii: " ") { value.removeFirst() }
    field(line[..<colon], value)
  }

  /// Where the text of a `data:` line begins.
  private static func dataStart(_ line: [UInt8]) -> Int? {
    line.withUnsafeBufferPointer { line in
      guard line.count >= 5, line[0] == 0x64, line[1] == 0x61, line[2] == 0x74, line[3] == 0x61, line[4] == 0x3A
      else { return nil }
      return line.count > 5 && line[5] == 0x20 ? 6 : 5
    }
  }

  private mutating func take(_ text: ArraySlice<UInt8>) {
    if hasData { data.append(0x0A) }
    data.append(contentsOf: text)
    hasData = true
  }

  private mutating func field(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
    if name.elementsEqual("data".utf8) {
      take(value)
    } else if name.elementsEqual("event".utf8) {
      event = String(decoding: value, as: UTF8.self)
    } else if name.elementsEqual("id".utf8), !value.contains(0) {
      id = String(decoding: value, as: UTF8.self)
    }
  }
}
