internal import Deliberation

/// Writes a request as Anthropic's messages want it, from OpenAI's shape.
enum AnthropicRequest {
  static let path = "/messages"
  private static let version = "2023-06-01"
  /// Anthropic asks for a bound on every answer.
  private static let usualTokens: Int64 = 16_000

  static func headers(_ key: Secret?) -> [(String, String)] {
    var headers = [("anthropic-version", version)]
    if let key { headers.append(("x-api-key", key.reveal())) }
    return headers
  }

  static func body(_ request: ProviderRequest) -> [UInt8] {
    var body = JSONObject()
    body.append("model", .string(request.model))
    let parameters = request.parameters
    let tokens = parameters["max_completion_tokens"]?.int ?? parameters["max_tokens"]?.int ?? usualTokens
    var bound = max(1, tokens)
    let thinking =
      Thinking.isPossible(request.messages) ? thinking(parameters["reasoning"], answer: bound) : nil
    if let budget = thinking { bound = max(bound, budget + 1) }
    body.append("max_tokens", .int(bound))
    let (system, messages) = conversation(request)
    body.append("system", ifPresent: system)
    body.append("messages", .array(messages))
    if let budget = thinking {
      body.append("thinking", ["type": "enabled", "budget_tokens": .int(budget)])
    } else {
      // thinking goes with no temperature of one's own
      if let temperature = parameters["temperature"]?.number {
        body.append("temperature", .double(min(1, temperature)))
      }
      body.append("top_p", ifPresent: parameters["top_p"].flatMap { $0.isNull ? nil : $0 })
    }
    if let stop = parameters["stop"] {
      let sequences = stop.array ?? (stop.string.map { [.string($0)] } ?? [])
      if !sequences.isEmpty { body.append("stop_sequences", .array(sequences)) }
    }
    let tools = (request.tools?.array ?? []).compactMap(tool)
    if !tools.isEmpty {
      body.append("tools", .array(tools))
      body.append(
        "tool_choice",
        ifPresent: choice(parameters["tool_choice"], parameters["parallel_tool_calls"], isThinking: thinking != nil))
    }
    if request.streams { body.append("stream", true) }
    return JSON.object(body).bytes
  }

  private static func thinking(_ reasoning: JSON?, answer: Int64) -> Int64? {
    guard let reasoning, reasoning.object != nil, reasoning["enabled"]?.bool != false else { return nil }
    if let tokens = reasoning["max_tokens"]?.int { return max(1024, tokens) }
    let share: Double
    switch reasoning["effort"]?.string {
    case "xhigh": share = 0.95
    case "high": share = 0.8
    case "medium": share = 0.5
    case "low": share = 0.2
    case "minimal": share = 0.1
    default: return nil
    }
    return max(1024, min(128_000, Int64(Double(answer) * share)))
  }

  private static func tool(_ tool: JSON) -> JSON? {
    guard let function = tool["function"], let name = function["name"]?.string else { return nil }
    var object: JSONObject = ["name": .string(name)]
    object.append("description", ifPresent: function["description"])
    object.append("input_schema", function["parameters"] ?? ["type": "object", "properties": [:]])
    return .object(object)
  }

  /// Who thinks first decides by himself whether to use a tool: whoever thinks cannot be forced to.
  private static func choice(_ choice: JSON?, _ parallel: JSON?, isThinking: Bool) -> JSON? {
    var object: JSONObject
    switch (choice?.string, choice?["function"]?["name"]) {
    case ("none"?, _): object = ["type": "none"]
    case _ where isThinking: object = ["type": "auto"]
    case ("required"?, _): object = ["type": "any"]
    case (_, let name?): object = ["type": "tool", "name": name]
    default: object = ["type": "auto"]
    }
    if parallel?.bool == false, object["type"]?.string != "none" { object.append("disable_parallel_tool_use", true) }
    return choice == nil && parallel == nil ? nil : .object(object)
  }

  /// System texts apart; turns of one role joined; the results of functions as blocks of the user's turn; no assistant's
  /// turn at the end, where it would be taken for the beginning of the answer; the schema that an answer must keep to as
  /// a last line of the system text.
  private static func conversation(_ request: ProviderRequest) -> (system: JSON?, messages: [JSON]) {
    var system: [JSON] = []
    var turns: [(role: String, blocks: [JSON])] = []
    func add(_ role: String, _ blocks: [JSON]) {
      guard !blocks.isEmpty else { return }
      if turns.last?.role == role {
        turns[turns.count - 1].blocks += blocks
      } else {
        turns.append((role, blocks))
      }
    }
    for message in request.messages.array ?? [] {
      switch message["role"]?.string {
      case "system", "developer": system += blocks(message["content"])
      case "tool":
        let content = blocks(message["content"])
        add(
          "user",
          [
            [
              "type": "tool_result", "tool_use_id": message["tool_call_id"] ?? "",
              "content": .array(content),
            ]
          ])
      case "assistant":
        add("assistant", Thinking.blocks(message) + blocks(message["content"]) + uses(message["tool_calls"]))
      default: add("user", blocks(message["content"]))
      }
    }
    if let schema = request.responseFormat, schema["type"]?.string != "text" {
      let wanted = schema["json_schema"]?["schema"].map { " It must match this JSON schema: \($0.text)" } ?? ""
      system.append(["type": "text", "text": .string("Answer with one JSON value and nothing else.\(wanted)")])
    }
    if turns.last?.role == "assistant" { add("user", [["type": "text", "text": "Please go on."]]) }
    return (
      system.isEmpty ? nil : .array(system),
      turns.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    )
  }

  private static func uses(_ calls: JSON?) -> [JSON] {
    (calls?.array ?? []).map { call in
      let arguments = call["function"]?["arguments"]
      let input = arguments?.string.flatMap { try? JSON.parse($0) } ?? arguments
      return [
        "type": "tool_use", "id": call["id"] ?? "", "name": call["function"]?["name"] ?? "",
        "input": input?.object != nil ? input ?? [:] : [:],
      ]
    }
  }

  private static func blocks(_ content: JSON?) -> [JSON] {
    switch content {
    case .string(let text)?: text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
    case .array(let parts)?: parts.map(block)
    default: []
    }
  }

  private static func block(_ part: JSON) -> JSON {
    guard part["type"]?.string == "image_url", let url = part["image_url"]?["url"]?.string else { return part }
    // data:image/png;base64,…
    if url.hasPrefix("data:"), let comma = url.firstIndex(of: ","), let semicolon = url.firstIndex(of: ";") {
      let type = url[url.index(url.startIndex, offsetBy: 5)..<semicolon]
      return [
        "type": "image",
        "source": [
          "type": "base64", "media_type": .string(String(type)),
          "data": .string(String(url[url.index(after: comma)...])),
        ],
      ]
    }
    return ["type": "image", "source": ["type": "url", "url": .string(url)]]
  }
}
