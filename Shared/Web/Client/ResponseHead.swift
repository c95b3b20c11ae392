/// Puts a status and its headers together, line by line. Interim answers (1xx) are left out, and so is what comes after
/// the body.
struct ResponseHead {
  enum Step {
    case more
    case complete(status: Int, headers: [(String, String)])
    case tooLarge(limit: Int)
  }

  private let limit: Int
  private var bytes = 0
  private var status = 0
  private var headers: [(String, String)] = []
  private var isComplete = false

  init(limit: Int) { self.limit = limit }

  mutating func add(_ line: UnsafeRawBufferPointer) -> Step {
    bytes += line.count
    guard bytes <= limit else { return .tooLarge(limit: limit) }
    guard !isComplete else { return .more }
    var end = line.count
    while end > 0, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
    let line = UnsafeRawBufferPointer(rebasing: line[..<end])
    if line.isEmpty { return endOfHead() }
    if line.starts(with: "HTTP/".utf8) {
      status = Self.status(line)
      headers = []
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      headers.append((Self.lower(line[..<colon]), Self.trimmed(line[(colon + 1)...])))
    }
    return .more
  }

  private mutating func endOfHead() -> Step {
    guard status >= 200 else { return .more }
    isComplete = true
    defer { headers = [] }
    return .complete(status: status, headers: headers)
  }

  private static func status(_ line: UnsafeRawBufferPointer) -> Int {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    return parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
  }

  private static func lower(_ name: Slice<UnsafeRawBufferPointer>) -> String {
    guard name.allSatisfy({ $0 < 0x80 }) else { return String(decoding: name, as: UTF8.self).lowercased() }
    return String(unsafeUninitializedCapacity: name.count) { text in
      for (place, byte) in name.enumerated() { text[place] = ASCIIText.lower(byte) }
      return name.count
    }
  }

  private static func trimmed(_ value: Slice<UnsafeRawBufferPointer>) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = value.drop(while: isSpace)
    var end = start.endIndex
    while end > start.startIndex, isSpace(start[end - 1]) { end -= 1 }
    return String(decoding: UnsafeRawBufferPointer(rebasing: start[..<end]), as: UTF8.self)
  }
}
