/// Writes events as server-sent events, in the several ways in which providers do it.
struct EventStream {
  let wire: Set<Part.Wire>

  private var lineEnd: String { wire.contains(.crlf) ? "\r\n" : "\n" }

  func bytes(_ event: StreamEvent) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(event.data.count + 64)
    if wire.contains(.comments) { bytes += comment }
    if let name = event.name { bytes += ("event: " + name + lineEnd).utf8 }
    bytes += "data: ".utf8
    if wire.contains(.multiLine) {
      bytes += lines(event.data)
    } else {
      bytes += event.data
    }
    bytes += (lineEnd + lineEnd).utf8
    return bytes
  }

  var comment: [UInt8] { Array((": OPENROUTER PROCESSING" + lineEnd + lineEnd).utf8) }

  /// A line break in JSON may stand after a comma between members: there the event is cut into several data lines.
  private func lines(_ json: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var inString = false
    var escaped = false
    for byte in json {
      bytes.append(byte)
      if escaped {
        escaped = false
      } else if inString, byte == UInt8(ascii: "\\") {
        escaped = true
      } else if byte == UInt8(ascii: "\"") {
        inString.toggle()
      } else if byte == UInt8(ascii: ","), !inString {
        bytes += (lineEnd + "data: ").utf8
      }
    }
    return bytes
  }
}
