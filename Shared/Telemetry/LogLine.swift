/// How an event becomes a line. Whatever a value holds, the line stays one line.
enum LogLine {
  static func text(_ time: String, _ level: Log.Level, _ event: String, _ fields: [Log.Field]) -> String {
    var line = "\(time) \(level.name) \(event)"
    for (name, value) in fields {
      line += " \(name)="
      let text = cut(value.description)
      let bare = !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0.value != 0x7f }
      if bare { line += text } else { quote(text, into: &line) }
    }
    return line
  }

  static func json(
    _ time: String, _ level: Log.Level, _ service: String, _ instance: String, _ event: String, _ fields: [Log.Field]
  ) -> String {
    var line = "{\"time\":\"\(time)\",\"level\":\"\(level.name)\""
    for (name, value) in [("service", service), ("instance", instance), ("event", event)] + fields {
      line += ","
      quote(name, into: &line)
      line += ":"
      switch value {
      case let flag as Bool: line += flag ? "true" : "false"
      case let number as any BinaryInteger: line += String(number)
      case let number as Double where number.isFinite: line += number.description
      default: quote(cut(value.description), into: &line)
      }
    }
    return line + "}"
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > Log.longestValue else { return text }
    return String(text.prefix(Log.longestValue)) + "…"
  }

  private static func quote(_ text: String, into line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let hex = String(scalar.value, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: line.unicodeScalars.append(scalar)
      }
    }
    line += "\""
  }
}
