/// Colours, where a terminal shows them.
struct Paint: Sendable {
  enum Colour: String {
    case red = "31", green = "32", yellow = "33", blue = "34", magenta = "35", cyan = "36", dim = "2", bold = "1"
  }

  let isOn: Bool

  func callAsFunction(_ colour: Colour, _ text: String) -> String {
    isOn ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// On one line, without what would move a terminal's cursor, and not longer than that.
  static func line(_ text: String, most: Int = 200) -> String {
    var line = ""
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < most else { return line + "…" }
      line.unicodeScalars.append(scalar.value < 32 || (127..<160).contains(scalar.value) ? " " : scalar)
      count += 1
    }
    return line
  }

  /// Several lines as they are, without what would move a terminal's cursor.
  static func text(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || ($0.value >= 32 && !(127..<160).contains($0.value)) }))
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
