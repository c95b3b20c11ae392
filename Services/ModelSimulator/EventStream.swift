/// Writes JSON texts as server-sent events, in the several ways in which providers do it.
struct EventStream {
  let wire: Set<Part.Wire>

  private var lineEnd: String { wire.contains(.crlf) ? "\r\n" : "\n" }

  func event(_ json: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count + 16)
    if wire.contains(.comments) { bytes += comment }
    bytes += "data: ".utf8
    if wire.contains(.multiLine) {
      bytes += lines(json)
    } else {
      bytes += json
    }
    bytes += (lineEnd + lineEnd).utf8
    return bytes
  }

  var done: [UInt8] { Array(("data: [DONE]" + lineEnd + lineEnd).utf8) }

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
