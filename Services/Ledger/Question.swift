internal import Deliberation

/// What was asked, for people: the last thing that the user said.
enum Question {
  static let previewLength = 200

  static func text(_ requested: Requested) -> String { text(requested.messages) }

  static func text(_ messages: [JSON]) -> String {
    guard let message = messages.last(where: { $0["role"]?.string == "user" }) else { return "" }
    switch message["content"] {
    case .string(let text)?: return text
    case .array(let parts)?: return parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
    default: return ""
    }
  }

  static func preview(_ requested: Requested) -> String? {
    let text = text(requested)
    return text.isEmpty ? nil : String(text.prefix(previewLength))
  }
}
