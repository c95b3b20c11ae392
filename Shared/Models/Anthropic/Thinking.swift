internal import Deliberation

/// A model's thinking between Anthropic's blocks and the `reasoning_details` of a message in OpenAI's shape (as OpenRouter
/// writes them). Anthropic signs what it thought before it used tools, and wants it back, unchanged, with their results.
enum Thinking {
  struct Thought: Sendable, Equatable {
    var text: String
    var signature: String
  }

  private static let format: JSON = "anthropic-claude-v1"

  static func detail(_ thought: Thought) -> JSON {
    var detail: JSONObject = ["type": "reasoning.text", "text": .string(thought.text)]
    if !thought.signature.isEmpty { detail.append("signature", .string(thought.signature)) }
    detail.append("format", format)
    return .object(detail)
  }

  static func detail(redacted data: String) -> JSON {
    ["type": "reasoning.encrypted", "data": .string(data), "format": format]
  }

  /// The blocks that lead an assistant's turn. What another provider's model thought is nothing to Anthropic.
  static func blocks(_ message: JSON) -> [JSON] {
    (message["reasoning_details"]?.array ?? []).compactMap { detail in
      if let given = detail["format"], !given.isNull, given != format { return nil }
      switch detail["type"]?.string {
      case "reasoning.text":
        guard let text = detail["text"], let signature = detail["signature"], signature.string != nil else {
          return nil
        }
        return ["type": "thinking", "thinking": text, "signature": signature]
      case "reasoning.encrypted":
        guard let data = detail["data"], data.string != nil else { return nil }
        return ["type": "redacted_thinking", "data": data]
      default: return nil
      }
    }
  }

  /// Whether a model may think on in this conversation: not where it used tools without the thoughts that led there, as
  /// that would be refused.
  static func isPossible(_ messages: JSON) -> Bool {
    for message in (messages.array ?? []).reversed() {
      switch message["role"]?.string {
      case "tool": continue
      case "assistant":
        if message["tool_calls"]?.array?.isEmpty == false { return !blocks(message).isEmpty }
        return true
      default: return true
      }
    }
    return true
  }
}
