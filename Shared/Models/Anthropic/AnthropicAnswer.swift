internal import Deliberation

/// Reads an answer in the shape of Anthropic's messages, whole or event by event.
struct AnthropicAnswer: FormatReader {
  private(set) var answer = ProviderAnswer()
  private(set) var error: JSON?
  private(set) var isDone = false
  private var usage = TokenUsage()
  /// Where the tool calls of the stream stand in the answer, by the index of their content block.
  private var places: [Int64: Int] = [:]
  /// Blocks of thinking that have not ended.
  private var thoughts: [Int64: Thinking.Thought] = [:]

  mutating func whole(_ json: JSON) {
    if let error = Classification.errorObject(json) {
      self.error = error["error"] ?? error
      return
    }
    if let model = json["model"]?.string { answer.model = model }
    count(json["usage"])
    for (index, block) in (json["content"]?.array ?? []).enumerated() { _ = begin(block, Int64(index), isWhole: true) }
    stop(json["stop_reason"]?.string)
  }

  /// Some routers that translate other formats end the stream in OpenAI's way as well.
  mutating func done() { isDone = true }

  mutating func event(_ json: JSON, _: [UInt8]) -> AnswerDelta? {
    if let error = Classification.errorObject(json) {
      // after the reason why the answer ended it is the connection's end that went wrong, and not the answer
      if isComplete { isDone = true } else { self.error = error["error"] ?? error }
      return nil
    }
    switch json["type"]?.string {
    case "message_start":
      if let model = json["message"]?["model"]?.string { answer.model = model }
      count(json["message"]?["usage"])
    case "content_block_start":
      if let block = json["content_block"] { return begin(block, json["index"]?.int ?? 0, isWhole: false) }
    case "content_block_delta": return piece(json["delta"], json["index"]?.int ?? 0)
    case "content_block_stop": thought(ends: json["index"]?.int ?? 0)
    case "message_delta":
      count(json["usage"])
      stop(json["delta"]?["stop_reason"]?.string)
    case "message_stop":
      for index in thoughts.keys.sorted() { thought(ends: index) }
      // a function without parameters gets no piece of arguments at all
      for index in answer.toolCalls.indices where answer.toolCalls[index].arguments.isEmpty {
        answer.toolCalls[index].arguments = "{}"
      }
      isDone = true
    default: break
    }
    return nil
  }

  private mutating func begin(_ block: JSON, _ index: Int64, isWhole: Bool) -> AnswerDelta? {
    switch block["type"]?.string {
    case "text": return text(block["text"]?.string ?? "")
    case "thinking":
      let thought = block["thinking"]?.string ?? ""
      answer.reasoning += thought
      thoughts[index] = Thinking.Thought(text: thought, signature: block["signature"]?.string ?? "")
      if isWhole { self.thought(ends: index) }
      return thought.isEmpty ? nil : AnswerDelta(reasoning: thought)
    case "redacted_thinking":
      if let data = block["data"]?.string { answer.reasoningDetails.append(Thinking.detail(redacted: data)) }
      return nil
    case "tool_use":
      guard answer.toolCalls.count < OpenAIAnswer.toolCallLimit else { return nil }
      places[index] = answer.toolCalls.count
      let call = ToolCall(
        id: block["id"]?.string ?? "", name: block["name"]?.string ?? "",
        // a stream begins with an empty object and brings the arguments as pieces of text
        arguments: isWhole ? block["input"]?.text ?? "{}" : "")
      answer.toolCalls.append(call)
      return AnswerDelta(toolCalls: [Self.chunk(answer.toolCalls.count - 1, call)])
    default: return nil
    }
  }

  private mutating func piece(_ delta: JSON?, _ index: Int64) -> AnswerDelta? {
    switch delta?["type"]?.string {
    case "text_delta": return text(delta?["text"]?.string ?? "")
    case "thinking_delta":
      let thought = delta?["thinking"]?.string ?? ""
      answer.reasoning += thought
      thoughts[index]?.text += thought
      return thought.isEmpty ? nil : AnswerDelta(reasoning: thought)
    case "signature_delta":
      thoughts[index]?.signature += delta?["signature"]?.string ?? ""
      return nil
    case "input_json_delta":
      guard let place = places[index], let text = delta?["partial_json"]?.string, !text.isEmpty else { return nil }
      answer.toolCalls[place].arguments += text
      return AnswerDelta(toolCalls: [["index": .int(Int64(place)), "function": ["arguments": .string(text)]]])
    case "citations_delta":
      if let citation = delta?["citation"] { answer.annotations.append(citation) }
      return nil
    default: return nil
    }
  }

  private mutating func thought(ends index: Int64) {
    guard let thought = thoughts.removeValue(forKey: index) else { return }
    answer.reasoningDetails.append(Thinking.detail(thought))
  }

  private mutating func text(_ text: String) -> AnswerDelta? {
    answer.content += text
    return text.isEmpty ? nil : AnswerDelta(text: text)
  }

  private static func chunk(_ index: Int, _ call: ToolCall) -> JSON {
    [
      "index": .int(Int64(index)), "id": .string(call.id), "type": "function",
      "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
    ]
  }

  private mutating func stop(_ reason: String?) {
    guard let reason, !reason.isEmpty else { return }
    answer.nativeFinishReason = reason
    switch reason {
    case "end_turn", "stop_sequence", "pause_turn": answer.finishReason = "stop"
    case "max_tokens", "model_context_window_exceeded": answer.finishReason = "length"
    case "tool_use": answer.finishReason = "tool_calls"
    case "refusal": answer.finishReason = "content_filter"
    default: answer.finishReason = answer.toolCalls.isEmpty ? "stop" : "tool_calls"
    }
  }

  /// The counts of a message are told in several events, each the whole so far.
  private mutating func count(_ json: JSON?) {
    guard let json, json.object != nil else { return }
    let read = TokenUsage.count(json["cache_read_input_tokens"])
    let written = TokenUsage.count(json["cache_creation_input_tokens"])
    if json["input_tokens"] != nil {
      usage.prompt = TokenUsage.count(json["input_tokens"]) + read + written
      usage.cached = read
    }
    if json["output_tokens"] != nil { usage.completion = TokenUsage.count(json["output_tokens"]) }
    answer.usage = usage
  }
}
