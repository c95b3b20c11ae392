/// Writes server-sent events.
package enum SSE {
  /// One event. A line break within the data becomes another `data:` line, as the format wants it.
  package static func event(_ data: [UInt8], event: String? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 16)
    if let event { bytes.append(contentsOf: "event: \(event)\n".utf8) }
    for line in data.split(separator: 0x0A, omittingEmptySubsequences: false) {
      bytes.append(contentsOf: "data: ".utf8)
      bytes.append(contentsOf: line)
      bytes.append(0x0A)
    }
    bytes.append(0x0A)
    return bytes
  }

  /// A line that readers skip: it shows that the connection lives.
  package static func comment(_ text: String) -> [UInt8] { Array(": \(text)\n\n".utf8) }
}
