internal import Deliberation

/// Reads what differs in a request in Anthropic's format.
enum AnthropicReader {
  /// A turn whose blocks hold results of tools is several turns: each result, and what was said beside them.
  static func turns(_ message: JSON, _ index: Int) throws(ChatRequest.Malformed) -> [ChatRequest.Turn] {
    guard let role = message["role"]?.string, role == "user" || role == "assistant" else {
      throw ChatRequest.Malformed(
        path: "messages[\(index)].role", description: "messages[\(index)].role has to be user or assistant")
    }
    guard let content = message["content"], content.string != nil || content.array != nil else {
      throw ChatRequest.Malformed(
        path: "messages[\(index)].content",
        description: "messages[\(index)].content has to be a string or an array of blocks")
    }
    let blocks = content.array ?? []
    let results = blocks.filter { $0["type"] == "tool_result" }.map {
      ChatRequest.Turn(role: "tool", text: text($0["content"] ?? ""))
    }
    let calls = blocks.filter { $0["type"] == "tool_use" }.compactMap { $0["name"]?.string }
    let said = text(content)
    guard !said.isEmpty || !calls.isEmpty || results.isEmpty else { return results }
    return results + [ChatRequest.Turn(role: role, text: said, calls: calls)]
  }

  /// What Anthropic refuses of a model that is to think: to be forced to a tool, and to go on after one without what it
  /// thought before.
  static func checkThoughts(_ messages: [JSON], _ choice: JSON?) throws(ChatRequest.Malformed) {
    if let type = choice?["type"]?.string, type != "auto", type != "none" {
      throw ChatRequest.Malformed(
        path: "tool_choice", description: "Thinking may not be enabled when tool_choice forces tool use.")
    }
    guard let index = messages.lastIndex(where: { $0["role"] == "assistant" }) else { return }
    let blocks = messages[index]["content"]?.array ?? []
    guard blocks.contains(where: { $0["type"] == "tool_use" }) else { return }
    let first = blocks.first
    let isSigned = first?["type"] == "thinking" && first?["signature"]?.string?.isEmpty == false
    guard !isSigned, first?["type"] != "redacted_thinking" else { return }
    throw ChatRequest.Malformed(
      path: "messages[\(index)].content",
      description: "messages.\(index).content.0.type: Expected `thinking` or `redacted_thinking`, but found "
        + "`\(first?["type"]?.string ?? "nothing")`. When `thinking` is enabled, a final `assistant` message must start "
        + "with a thinking block.")
  }

  /// The text of a string or of blocks.
  static func text(_ content: JSON) -> String {
    content.string ?? (content.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
  }

  static func choice(_ choice: JSON?) -> ChatRequest.ToolChoice {
    switch choice?["type"]?.string {
    case "none": .none
    case "any": .required
    case "tool": choice?["name"]?.string.map { .named($0) } ?? .required
    default: .auto
    }
  }
}
