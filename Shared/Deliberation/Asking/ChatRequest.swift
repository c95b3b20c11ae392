/// A request of either form, checked and brought into one shape: chat messages, chat tools, parameters.
struct ChatRequest {
  var model: String
  var fallbacks: [(name: String, path: String)] = []
  var messages: [JSON] = []
  /// The client's function tools, and server tools for the outer model; fusion is not among them.
  var tools: [JSON] = []
  var toolChoice: JSON?
  var parameters = JSONObject()
  var fusion: FusionParameters?
  var plugin: FusionParameters?
  var toolStopCost: Double?
  var provider = ProviderPreferences()
  var metadata: JSON?

  static let fusionType = "openrouter:fusion"

  private static let passed = [
    "temperature", "top_p", "top_k", "min_p", "top_a", "max_tokens", "max_completion_tokens", "stop", "seed",
    "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "logprobs", "top_logprobs",
    "response_format", "reasoning", "reasoning_effort", "verbosity", "parallel_tool_calls", "user", "service_tier",
  ]

  init(_ request: JSON, form: Form) throws(AskError) {
    guard let object = request.object else { throw AskError("the body must be a JSON object") }
    let from = Parameters(object)
    let names = try from.texts("models", 1...Limits.fallbacks) ?? []
    var fallbacks = names.enumerated().map { (name: $1, path: "models[\($0)]") }
    if let model = try from.text("model") {
      self.model = model
    } else if let first = fallbacks.first {
      model = first.name
      fallbacks.removeFirst()
    } else {
      throw AskError("model is missing; name a model, or openrouter/fusion for a panel", path: "model")
    }
    self.fallbacks = fallbacks
    if try from.flag("store") == true {
      throw from.wrong("store", "must not be true: nothing is kept for later turns; send the whole conversation")
    }
    if from["previous_response_id"] != nil {
      throw from.wrong("previous_response_id", "is not supported: send the whole conversation")
    }
    if let count = try from.whole("n", 1...128), count != 1 { throw from.wrong("n", "must be 1") }
    _ = try from.flag("stream")
    try check(from)
    for key in Self.passed { parameters.append(key, ifPresent: from[key]) }
    switch form {
    case .chat: messages = try Self.messages(from)
    case .responses: try readResponses(from)
    }
    try readTools(from, form: form)
    try readPlugins(from)
    let isFusionAsked = fusion != nil || plugin != nil || Ask.isAlias(model)
    toolChoice = try Self.toolChoice(from, tools: tools, isFusionAsked: isFusionAsked)
    toolStopCost = try Self.toolStopCost(from)
    metadata = try Self.metadata(from)
    if let value = from["provider"] {
      provider = try ProviderPreferences(Parameters(value, path: "provider"))
    }
  }

  private func check(_ from: Parameters) throws(AskError) {
    _ = try from.number("temperature", 0...2)
    _ = try from.number("top_p", 0...1)
    _ = try from.number("frequency_penalty", -2...2)
    _ = try from.number("presence_penalty", -2...2)
    _ = try from.whole("seed", .min ... .max)
    for key in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
      _ = try from.whole(key, 1...10_000_000)
    }
    for key in ["response_format", "stream_options", "logit_bias"] {
      if let value = from[key], value.object == nil { throw from.wrong(key, "must be an object") }
    }
    switch from["stop"] {
    case nil, .string: break
    default: _ = try from.texts("stop", 0...16)
    }
    if let value = from["reasoning"], value.object == nil { throw from.wrong("reasoning", "must be an object") }
  }

  private static func messages(_ from: Parameters) throws(AskError) -> [JSON] {
    guard let list = try from.list("messages"), !list.isEmpty else {
      throw from.wrong("messages", "must be a list of at least one message")
    }
    for (index, value) in list.enumerated() { try check(message: value, path: "messages[\(index)]") }
    return list
  }

  private static func check(message value: JSON, path: String) throws(AskError) {
    let message = try Parameters(value, path: path)
    let roles = ["system", "developer", "user", "assistant", "tool", "function"]
    guard let role = try message.text("role"), roles.contains(role) else {
      throw message.wrong("role", "must be one of \(roles.joined(separator: ", "))")
    }
    switch message["content"] {
    case .string: break
    case .array(let parts):
      for (index, part) in parts.enumerated() {
        let part = try Parameters(part, path: message.place("content[\(index)]"))
        guard let type = try part.text("type") else { throw part.wrong("type", "is missing") }
        if type == "text", try part.text("text") == nil { throw part.wrong("text", "is missing") }
      }
    case nil:
      guard role == "assistant" else { throw message.wrong("content", "is missing") }
    default: throw message.wrong("content", "must be a string or a list of parts")
    }
    for (index, value) in (try message.list("tool_calls") ?? []).enumerated() {
      let call = try Parameters(value, path: message.place("tool_calls[\(index)]"))
      guard let function = call["function"] else { throw call.wrong("function", "is missing") }
      let named = try Parameters(function, path: call.place("function"))
      guard try named.text("name") != nil else { throw named.wrong("name", "is missing") }
    }
    if role == "tool", try message.text("tool_call_id") == nil { throw message.wrong("tool_call_id", "is missing") }
  }

  private mutating func readTools(_ from: Parameters, form: Form) throws(AskError) {
    for (index, value) in (try from.list("tools") ?? []).enumerated() {
      let tool = try Parameters(value, path: "tools[\(index)]")
      guard let type = try tool.text("type") else { throw tool.wrong("type", "is missing") }
      switch type {
      case Self.fusionType:
        guard fusion == nil else { throw tool.wrong("type", "is openrouter:fusion a second time") }
        try tool.allow(only: ["type", "parameters"])
        fusion =
          if let value = tool["parameters"] {
            try FusionParameters(Parameters(value, path: tool.place("parameters")))
          } else { FusionParameters() }
      case "function": tools.append(try Self.function(tool, form: form))
      case "openrouter:datetime", "openrouter:web_search", "openrouter:web_fetch", "openrouter:bash":
        try ServerToolParameters.check(tool)
        tools.append(value)
      default:
        throw tool.wrong(
          "type",
          "is \"\(type.prefix(80))\", which is not offered; use function, \(Self.fusionType), "
            + FusionParameters.serverTools.joined(separator: ", "))
      }
    }
  }

  private static func function(_ tool: Parameters, form: Form) throws(AskError) -> JSON {
    if form == .responses, tool["function"] == nil {
      guard let name = try tool.text("name"), !name.isEmpty else { throw tool.wrong("name", "is missing") }
      var function: JSONObject = ["name": .string(name)]
      for key in ["description", "parameters", "strict"] { function.append(key, ifPresent: tool[key]) }
      return ["type": "function", "function": .object(function)]
    }
    guard let value = tool["function"] else { throw tool.wrong("function", "is missing") }
    let function = try Parameters(value, path: tool.place("function"))
    guard let name = try function.text("name"), !name.isEmpty else { throw function.wrong("name", "is missing") }
    return .object(tool.object)
  }

  private mutating func readPlugins(_ from: Parameters) throws(AskError) {
    for (index, value) in (try from.list("plugins") ?? []).enumerated() {
      let entry = try Parameters(value, path: "plugins[\(index)]")
      guard let id = try entry.text("id") else { throw entry.wrong("id", "is missing") }
      guard id == "fusion" else { continue }
      guard plugin == nil else { throw entry.wrong("id", "is fusion a second time") }
      plugin = try FusionParameters(entry, besides: ["id"])
    }
  }

  private static func toolChoice(_ from: Parameters, tools: [JSON], isFusionAsked: Bool) throws(AskError) -> JSON? {
    switch from["tool_choice"] {
    case nil: return nil
    case .string(let word):
      guard ["auto", "none", "required"].contains(word) else {
        throw from.wrong("tool_choice", "must be auto, none, required or name a tool")
      }
      return .string(word)
    case .object(let object):
      let choice = Parameters(object, path: "tool_choice")
      guard let type = try choice.text("type") else { throw choice.wrong("type", "is missing") }
      if type == fusionType, !isFusionAsked {
        throw AskError("tool_choice names \(fusionType), which is not in tools", path: "tool_choice")
      }
      guard type == "function" else { return .object(object) }
      let name = object["function"]?["name"]?.string ?? object["name"]?.string
      guard let name, tools.contains(where: { $0["function"]?["name"]?.string == name }) else {
        throw AskError("tool_choice names a function that is not in tools", path: "tool_choice")
      }
      return ["type": "function", "function": ["name": .string(name)]]
    default: throw from.wrong("tool_choice", "must be a string or an object")
    }
  }

  private static func toolStopCost(_ from: Parameters) throws(AskError) -> Double? {
    var cost: Double?
    for (index, value) in (try from.list("stop_server_tools_when") ?? []).enumerated() {
      let rule = try Parameters(value, path: "stop_server_tools_when[\(index)]")
      guard try rule.text("type") == "max_cost" else { continue }
      guard let dollars = try rule.number("max_cost_in_dollars", 0...1_000_000) else {
        throw rule.wrong("max_cost_in_dollars", "is missing")
      }
      cost = min(cost ?? dollars, dollars)
    }
    return cost
  }

  private static func metadata(_ from: Parameters) throws(AskError) -> JSON? {
    guard let value = from["metadata"] else { return nil }
    let metadata = try Parameters(value, path: "metadata")
    guard metadata.object.count <= 16 else { throw AskError("metadata has more than 16 pairs", path: "metadata") }
    for key in metadata.object.keys {
      // scalars: one character may be made of any number of them
      guard key.unicodeScalars.count <= 64, let text = try metadata.text(key), text.unicodeScalars.count <= 512 else {
        throw AskError("metadata holds a key over 64 or a value over 512 characters", path: "metadata")
      }
    }
    return value
  }
}
