/// The Responses form, told as a chat.
extension ChatRequest {
  mutating func readResponses(_ from: Parameters) throws(AskError) {
    if let instructions = try from.text("instructions"), !instructions.isEmpty {
      messages.append(["role": "system", "content": .string(instructions)])
    }
    switch from["input"] {
    case .string(let text): messages.append(["role": "user", "content": .string(text)])
    case .array(let items):
      for (index, item) in items.enumerated() { try read(item: Parameters(item, path: "input[\(index)]")) }
    default: throw from.wrong("input", "must be a string or a list of items")
    }
    guard messages.contains(where: { $0["role"] != "system" }) else { throw from.wrong("input", "is empty") }
    if let tokens = from["max_output_tokens"] { parameters["max_completion_tokens"] = tokens }
    if let verbosity = from["text"]?["verbosity"], !verbosity.isNull { parameters["verbosity"] = verbosity }
    if let format = from["text"]?["format"], let type = format["type"]?.string, type != "text" {
      parameters["response_format"] =
        type == "json_schema" ? ["type": "json_schema", "json_schema": Self.schema(format)] : format
    }
  }

  private static func schema(_ format: JSON) -> JSON {
    var object = JSONObject()
    for key in ["name", "description", "schema", "strict"] { object.append(key, ifPresent: format[key]) }
    return .object(object)
  }

  private mutating func read(item: Parameters) throws(AskError) {
    switch try item.text("type") ?? "message" {
    case "message":
      guard let role = try item.text("role"), ["system", "developer", "user", "assistant"].contains(role) else {
        throw item.wrong("role", "must be one of system, developer, user, assistant")
      }
      messages.append(["role": .string(role), "content": try content(item)])
    case "function_call":
      guard let name = try item.text("name"), let id = try item.text("call_id") else {
        throw item.wrong("call_id", "and name must stand in a function_call")
      }
      let call: JSON = [
        "id": .string(id), "type": "function",
        "function": ["name": .string(name), "arguments": .string(try item.text("arguments") ?? "{}")],
      ]
      // calls of one turn stand in one message
      if let last = messages.indices.last, var turn = messages[last].object, let calls = turn["tool_calls"]?.array {
        turn["tool_calls"] = .array(calls + [call])
        messages[last] = .object(turn)
      } else {
        messages.append(["role": "assistant", "content": .null, "tool_calls": [call]])
      }
    case "function_call_output":
      guard let id = try item.text("call_id") else { throw item.wrong("call_id", "is missing") }
      let output = item["output"]
      let text = output?.string ?? output?.text ?? ""
      messages.append(["role": "tool", "tool_call_id": .string(id), "content": .string(text)])
    // what an earlier answer held beside its text; the text itself comes as a message
    case "reasoning", "openrouter:fusion", "item_reference": break
    case let type: throw item.wrong("type", "is \"\(type.prefix(80))\", which cannot be read here")
    }
  }

  private func content(_ item: Parameters) throws(AskError) -> JSON {
    switch item["content"] {
    case .string(let text): return .string(text)
    case .array(let parts):
      var converted: [JSON] = []
      for (index, value) in parts.enumerated() {
        let part = try Parameters(value, path: item.place("content[\(index)]"))
        switch try part.text("type") {
        case "input_text", "output_text", "text":
          guard let text = try part.text("text") else { throw part.wrong("text", "is missing") }
          converted.append(["type": "text", "text": .string(text)])
        case "input_image":
          guard let url = try part.text("image_url") else { throw part.wrong("image_url", "is missing") }
          converted.append(["type": "image_url", "image_url": ["url": .string(url)]])
        case .some: converted.append(value)
        case nil: throw part.wrong("type", "is missing")
        }
      }
      // one text part is a plain text, which every model takes
      if converted.count == 1, let text = converted[0]["text"] { return text }
      return .array(converted)
    default: throw item.wrong("content", "must be a string or a list of parts")
    }
  }
}
