/// What `doctor` found about one thing, and where it is not well, what to do.
struct Finding: Equatable, Sendable {
  enum Level: String, Sendable {
    case ok, warn, fail
  }

  let level: Level
  let subject: String
  let text: String

  static func ok(_ subject: String, _ text: String) -> Finding { Finding(level: .ok, subject: subject, text: text) }
  static func warn(_ subject: String, _ text: String) -> Finding { Finding(level: .warn, subject: subject, text: text) }
  static func fail(_ subject: String, _ text: String) -> Finding { Finding(level: .fail, subject: subject, text: text) }

  /// One line; in colour on a terminal.
  func line(colour: Bool) -> String {
    let mark = level.rawValue + String(repeating: " ", count: 4 - level.rawValue.count)
    let shown =
      switch (colour, level) {
      case (false, _): mark
      case (true, .ok): "\u{1B}[32m\(mark)\u{1B}[0m"
      case (true, .warn): "\u{1B}[33m\(mark)\u{1B}[0m"
      case (true, .fail): "\u{1B}[31m\(mark)\u{1B}[0m"
      }
    return "\(shown)  \(subject): \(text)"
  }
}
