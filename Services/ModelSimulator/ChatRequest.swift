internal import Deliberation

/// A request for a chat completion, as far as a simulated model reads it.
struct ChatRequest: Sendable {
  struct Turn: Equatable, Sendable {
    let role: String
    let text: String
    /// Names of the functions that an assistant's turn called.
    var calls: [String] = []
  }

  struct Function: Sendable {
    let name: String
    let parameters: JSON?
  }

  enum ToolChoice: Equatable, Sendable {
    case auto, none, required
    case named(String)
  }

  struct Malformed: Error, Equatable, CustomStringConvertible {
    let path: String
    let description: String
  }

  let format: Format
  let model: String
  let turns: [Turn]
  let functions: [Function]
  let toolChoice: ToolChoice
  /// The JSON schema that the answer is to follow.
  let schema: JSON?
  /// Any JSON object will do.
  let wantsJSON: Bool
  /// Anthropic's extended thinking is on.
  let thinks: Bool
  let streams: Bool
  let includesUsage: Bool

  init(_ body: JSON, _ format: Format = .openAI) throws(Malformed) {
    guard body.object != nil else { throw Malformed(path: "", description: "the body has to be a JSON object") }
    guard let model = body["model"]?.string, !model.isEmpty else {
      throw Malformed(path: "model", description: "model has to be a string that is not empty")
    }
    guard let messages = body["messages"]?.array, !messages.isEmpty else {
      throw Malformed(path: "messages", description: "messages has to be an array that is not empty")
    }
    var turns: [Turn] = []
    for (index, message) in messages.enumerated() {
      switch format {
      case .openAI: turns.append(try ChatRequest.turn(message, index))
      case .anthropic: turns += try AnthropicReader.turns(message, index)
      }
    }
    if format == .anthropic, let system = body["system"] {
      turns.insert(Turn(role: "system", text: AnthropicReader.text(system)), at: 0)
    }
    thinks = format == .anthropic && body["thinking"]?["type"] == "enabled"
    if thinks { try AnthropicReader.checkThoughts(messages, body["tool_choice"]) }
    self.format = format
    self.model = model
    self.turns = turns
    functions = (body["tools"]?.array ?? []).compactMap { tool in
      if format == .anthropic {
        return tool["name"]?.string.map { Function(name: $0, parameters: tool["input_schema"]) }
      }
      return tool["function"]?["name"]?.string.map { Function(name: $0, parameters: tool["function"]?["parameters"]) }
    }
    toolChoice =
      format == .openAI ? ChatRequest.choice(body["tool_choice"]) : AnthropicReader.choice(body["tool_choice"])
    let format = body["response_format"]
    schema = format?["type"]?.string == "json_schema" ? format?["json_schema"]?["schema"] : nil
    wantsJSON = format?["type"]?.string == "json_object"
    streams = body["stream"]?.bool ?? false
    includesUsage = body["stream_options"]?["include_usage"]?.bool ?? true
  }

  private static func turn(_ message: JSON, _ index: Int) throws(Malformed) -> Turn {
    guard let role = message["role"]?.string else {
      throw Malformed(path: "messages[\(index)].role", description: "messages[\(index)].role has to be a string")
    }
    let calls = (message["tool_calls"]?.array ?? []).compactMap { $0["function"]?["name"]?.string }
    switch message["content"] {
    case .string(let text): return Turn(role: role, text: text, calls: calls)
    case .array(let parts):
      let text = parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
      return Turn(role: role, text: text, calls: calls)
    case nil, .null: return Turn(role: role, text: "", calls: calls)
    default:
      throw Malformed(
        path: "messages[\(index)].content",
        description: "messages[\(index)].content has to be a string or an array of parts")
    }
  }

  private static func choice(_ choice: JSON?) -> ToolChoice {
    switch choice {
    case .string("none"): .none
    case .string("required"): .required
    case .object: choice?["function"]?["name"]?.string.map { .named($0) } ?? .required
    default: .auto
    }
  }

  /// What the last user turn says, with the rules it carries.
  var lastUserText: String { turns.last { $0.role == "user" }?.text ?? turns.last?.text ?? "" }

  /// The same without the rules: what is to be answered.
  var question: String { Brackets.removed(from: lastUserText) }

  /// Everything that the users said.
  var userTexts: [String] { turns.filter { $0.role == "user" }.map(\.text) }

  /// Results of tools that came after the last user turn, in order.
  var toolResults: [String] {
    turns.reversed().prefix { $0.role != "user" }.filter { $0.role == "tool" }.map(\.text).reversed()
  }

  /// A number that follows from the whole conversation.
  var promptSeed: Seed {
    turns.reduce(Seed("conversation")) { $0.mixed($1.role).mixed($1.text) }
  }

  var promptBytes: Int { turns.reduce(0) { $0 + $1.text.utf8.count } }
}
