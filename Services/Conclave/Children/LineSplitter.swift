/// Cuts a stream of bytes into lines, of which none is longer than its limit: a child that never ends its line must not
/// fill our memory.
struct LineSplitter {
  private var pending: [UInt8] = []
  private let limit: Int

  init(limit: Int = 65_536) { self.limit = limit }

  /// The lines that `bytes` completes, without their ends.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lines.append(take())
      } else {
        pending.append(byte)
        if pending.count == limit { lines.append(take()) }
      }
    }
    return lines
  }

  /// What stands without an end when the stream is over.
  mutating func finish() -> [UInt8]? { pending.isEmpty ? nil : take() }

  private mutating func take() -> [UInt8] {
    defer { pending.removeAll(keepingCapacity: true) }
    return pending
  }
}
