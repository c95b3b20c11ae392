internal import Deliberation

/// Reads an answer in OpenAI's shape, whole or chunk by chunk.
struct OpenAIAnswer: FormatReader {
  private(set) var answer = ProviderAnswer()
  private(set) var error: JSON?
  private(set) var isDone = false
  /// Where each tool call of the stream stands in the answer, by the provider's index.
  private var places: [Int: Int] = [:]
  private var chunks = PlainChunks()

  /// No model calls more functions in one turn; a stream that says so is broken or hostile.
  static let toolCallLimit = 256

  mutating func whole(_ json: JSON) {
    if let error = Classification.errorObject(json) {
      self.error = error
      return
    }
    head(json)
    let choice = json["choices"]?[0]
    if let error = choice?["error"], error.object != nil { self.error = error }
    if let message = choice?["message"] {
      _ = take(message)
      if let calls = message["tool_calls"]?.array {
        answer.toolCalls = calls.prefix(Self.toolCallLimit).map {
          ToolCall(
            id: $0["id"]?.string ?? "", name: $0["function"]?["name"]?.string ?? "",
            arguments: $0["function"]?["arguments"]?.string ?? $0["function"]?["arguments"]?.text ?? "")
        }
      }
    }
    finish(choice)
  }

  mutating func done() { isDone = true }

  mutating func text(of data: [UInt8]) -> AnswerDelta? {
    guard let text = chunks.text(of: data) else { return nil }
    answer.content += text
    return AnswerDelta(text: text)
  }

  mutating func event(_ json: JSON, _ data: [UInt8]) -> AnswerDelta? {
    let delta = event(json)
    if error == nil { chunks.learn(data, json) }
    return delta
  }

  private mutating func event(_ json: JSON) -> AnswerDelta? {
    if let error = Classification.errorObject(json) {
      failed(error)
      return nil
    }
    head(json)
    guard let choice = json["choices"]?[0] else { return nil }
    if let error = choice["error"], error.object != nil { failed(error) }
    var delta = AnswerDelta()
    // some servers send the message whole in a stream's only chunk
    if let piece = choice["delta"] ?? choice["message"] {
      delta = take(piece)
      for call in piece["tool_calls"]?.array ?? [] where toolCall(call) { delta.toolCalls.append(call) }
    }
    finish(choice)
    return delta.isEmpty ? nil : delta
  }

  /// After the finish reason it is the connection's end that went wrong, and not the answer.
  private mutating func failed(_ error: JSON) {
    if isComplete { isDone = true } else { self.error = error }
  }

  private mutating func head(_ json: JSON) {
    if let model = json["model"]?.string, !model.isEmpty { answer.model = model }
    if let provider = json["provider"]?.string { answer.servedBy = provider }
    if let usage = json["usage"], usage.object != nil { answer.usage = Self.usage(usage) }
  }

  private mutating func take(_ piece: JSON) -> AnswerDelta {
    var delta = AnswerDelta()
    if let text = piece["content"]?.string {
      delta.text = text
    } else if let parts = piece["content"]?.array {
      delta.text = parts.compactMap { $0["text"]?.string }.joined()
    }
    delta.reasoning = piece["reasoning"]?.string ?? piece["reasoning_content"]?.string ?? ""
    answer.content += delta.text
    answer.reasoning += delta.reasoning
    if let refusal = piece["refusal"]?.string { answer.refusal += refusal }
    if let details = piece["reasoning_details"]?.array { answer.reasoningDetails += details }
    if let annotations = piece["annotations"]?.array { answer.annotations += annotations }
    return delta
  }

  private mutating func toolCall(_ piece: JSON) -> Bool {
    let index = Int(clamping: piece["index"]?.int ?? Int64(places.count))
    let function = piece["function"]
    let place: Int
    if let known = places[index] {
      place = known
    } else {
      guard answer.toolCalls.count < Self.toolCallLimit else { return false }
      place = answer.toolCalls.count
      places[index] = place
      answer.toolCalls.append(ToolCall(id: "", name: "", arguments: ""))
    }
    if let id = piece["id"]?.string, answer.toolCalls[place].id.isEmpty { answer.toolCalls[place].id = id }
    if let name = function?["name"]?.string, answer.toolCalls[place].name.isEmpty {
      answer.toolCalls[place].name = name
    }
    if let arguments = function?["arguments"]?.string { answer.toolCalls[place].arguments += arguments }
    return true
  }

  private mutating func finish(_ choice: JSON?) {
    if let native = choice?["native_finish_reason"]?.string { answer.nativeFinishReason = native }
    guard let reason = choice?["finish_reason"]?.string, !reason.isEmpty else { return }
    switch reason {
    case "stop", "length", "tool_calls", "content_filter", "error": answer.finishReason = reason
    case "function_call": answer.finishReason = "tool_calls"
    default:
      answer.finishReason = answer.toolCalls.isEmpty ? "stop" : "tool_calls"
      if answer.nativeFinishReason == nil { answer.nativeFinishReason = reason }
    }
  }

  static func usage(_ json: JSON) -> TokenUsage {
    TokenUsage(
      prompt: TokenUsage.count(json["prompt_tokens"]), completion: TokenUsage.count(json["completion_tokens"]),
      cached: TokenUsage.count(json["prompt_tokens_details"]?["cached_tokens"] ?? json["cached_tokens"]),
      reasoning: TokenUsage.count(json["completion_tokens_details"]?["reasoning_tokens"] ?? json["reasoning_tokens"]),
      cost: TokenUsage.money(json["cost"]))
  }
}
