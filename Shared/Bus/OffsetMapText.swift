/// How an offset map is written in a commit's metadata: base64 of a version byte, a form, the base, and the states from
/// the base on, as run lengths or as bit sets, whichever is shorter. What does not fit is left out from the end: those
/// offsets are then done again, which derived ids absorb.
enum OffsetMapText {
  private static let version: UInt8 = 1
  private static let asRuns: UInt8 = 0
  private static let asBits: UInt8 = 1
  private static let asBitsAndMarks: UInt8 = 2
  /// More than a text can mean honestly: bounds what foreign metadata can make us hold.
  private static let longestMap: Int64 = 10_000_000
  private static let mostMarks: Int64 = 100_000
  private static let room = Tuning.commitMetadata / 4 * 3

  static func encode(base: Int64, _ runs: [OffsetRun]) -> String {
    Base64.encode(shorter(base, runs, within: room))
  }

  static func length(base: Int64, _ runs: [OffsetRun]) -> Int {
    (shorter(base, runs, within: .max).count + 2) / 3 * 4
  }

  static func decode(_ text: String, base: Int64) -> [OffsetRun]? {
    guard text.utf8.count <= Tuning.commitMetadata, let bytes = Base64.decode(text) else { return nil }
    var reader = Reader(bytes: bytes)
    guard reader.byte() == version, let form = reader.byte(), reader.number() == UInt64(bitPattern: base) else {
      return nil
    }
    let runs: [OffsetRun]?
    switch form {
    case asRuns: runs = readRuns(&reader)
    case asBits: runs = readBits(&reader, marks: false)
    case asBitsAndMarks: runs = readBits(&reader, marks: true)
    default: runs = nil
    }
    guard let runs, reader.isAtEnd else { return nil }
    var (length, marks): (Int64, Int64) = (0, 0)
    for run in runs {
      guard run.length <= longestMap - length else { return nil }
      length += run.length
      if run.state == .marked { marks += run.length }
    }
    return marks <= mostMarks && base <= .max - length ? runs : nil
  }

  private static func shorter(_ base: Int64, _ runs: [OffsetRun], within room: Int) -> [UInt8] {
    if runs.isEmpty { return [] }
    let byRuns = writeRuns(base, runs, within: room)
    let length = runs.reduce(0) { $0 + $1.length }
    let byBits = writeBits(base, runs, within: room)
    if byRuns.covered == length, byBits.covered < length || byRuns.bytes.count <= byBits.bytes.count {
      return byRuns.bytes
    }
    return byBits.covered >= byRuns.covered ? byBits.bytes : byRuns.bytes
  }

  private static func head(_ form: UInt8, _ base: Int64) -> [UInt8] {
    var bytes = [version, form]
    append(UInt64(bitPattern: base), to: &bytes)
    return bytes
  }

  private static func writeRuns(_ base: Int64, _ runs: [OffsetRun], within room: Int) -> (
    bytes: [UInt8], covered: Int64
  ) {
    var bytes = head(asRuns, base)
    var covered: Int64 = 0
    for run in runs {
      var next: [UInt8] = []
      append(UInt64(run.length) << 2 | UInt64(run.state.rawValue), to: &next)
      if bytes.count + next.count > room { break }
      bytes += next
      covered += run.length
    }
    return (bytes, covered)
  }

  /// A bit for each offset (finished), then, where there are marks, a bit for each that is not finished (marked).
  private static func writeBits(_ base: Int64, _ runs: [OffsetRun], within room: Int) -> (
    bytes: [UInt8], covered: Int64
  ) {
    let marked = runs.contains { $0.state == .marked }
    var bytes = head(marked ? asBitsAndMarks : asBits, base)
    let bits = (min(room, 1 << 24) - bytes.count - 10) * 8
    var finished = Bits()
    var marks = Bits()
    var covered: Int64 = 0
    fitting: for run in runs {
      for _ in 0..<run.length {
        if finished.count + (marked ? marks.count + 2 : 1) + 8 > bits { break fitting }
        finished.append(run.state == .finished)
        if marked, run.state != .finished { marks.append(run.state == .marked) }
        covered += 1
      }
    }
    append(UInt64(finished.count), to: &bytes)
    return (bytes + finished.bytes + marks.bytes, covered)
  }

  private static func readRuns(_ reader: inout Reader) -> [OffsetRun]? {
    var runs: [OffsetRun] = []
    while !reader.isAtEnd {
      guard let number = reader.number(), let state = OffsetRun.State(rawValue: UInt8(number & 3)), number >> 2 > 0
      else { return nil }
      runs.append(OffsetRun(state, Int64(number >> 2)))
    }
    return runs
  }

  private static func readBits(_ reader: inout Reader, marks: Bool) -> [OffsetRun]? {
    guard let count = reader.number(), count <= UInt64(reader.bytes.count) * 8,
      let finished = reader.bits(Int(count))
    else { return nil }
    var marked = marks ? reader.bits(finished.count { !$0 })?[...] : nil
    if marks, marked == nil { return nil }
    var runs: [OffsetRun] = []
    for bit in finished {
      let state: OffsetRun.State = bit ? .finished : marked?.popFirst() == true ? .marked : .open
      if runs.last?.state == state { runs[runs.count - 1].length += 1 } else { runs.append(OffsetRun(state, 1)) }
    }
    return runs
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private struct Bits {
    var bytes: [UInt8] = []
    var count = 0

    mutating func append(_ bit: Bool) {
      if count % 8 == 0 { bytes.append(0) }
      if bit { bytes[bytes.count - 1] |= 1 << UInt8(count % 8) }
      count += 1
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func byte() -> UInt8? {
      guard index < bytes.count else { return nil }
      defer { index += 1 }
      return bytes[index]
    }

    mutating func number() -> UInt64? {
      var result: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 63, by: 7) {
        guard let byte = byte() else { return nil }
        result |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return result }
      }
      return nil
    }

    mutating func bits(_ count: Int) -> [Bool]? {
      let length = (count + 7) / 8
      guard bytes.count - index >= length else { return nil }
      defer { index += length }
      return (0..<count).map { bytes[index + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
    }
  }
}
