internal import Deliberation

/// An answer as Anthropic's messages have it.
enum AnthropicShape {
  static func whole(_ completion: Completion) -> JSON {
    var message = head(completion, usage(completion, output: completion.usage?.completion ?? 0))
    var content: [JSON] = []
    if let reasoning = completion.reasoning {
      content.append(["type": "thinking", "thinking": .string(reasoning), "signature": "simulated"])
    }
    if !completion.content.isEmpty || completion.toolCalls.isEmpty {
      content.append(["type": "text", "text": .string(completion.content)])
    }
    content += completion.toolCalls.map { use($0, input: (try? JSON.parse($0.arguments)) ?? [:]) }
    message["content"] = .array(content)
    message["stop_reason"] = reason(completion)
    return .object(message)
  }

  /// A stream's events in order, without the last one.
  static func events(_ completion: Completion, wordsEach: Int) -> [StreamEvent] {
    var events = [event(["type": "message_start", "message": .object(head(completion, usage(completion, output: 1)))])]
    var index = 0
    func block(_ start: JSON, _ deltas: [(delta: JSON, isText: Bool)]) {
      events.append(event(["type": "content_block_start", "index": .int(Int64(index)), "content_block": start]))
      if index == 0 { events.append(event(["type": "ping"])) }
      for (delta, isText) in deltas {
        events.append(
          event(["type": "content_block_delta", "index": .int(Int64(index)), "delta": delta], isText: isText))
      }
      events.append(event(["type": "content_block_stop", "index": .int(Int64(index))]))
      index += 1
    }
    if let reasoning = completion.reasoning {
      block(
        ["type": "thinking", "thinking": "", "signature": ""],
        [
          (["type": "thinking_delta", "thinking": .string(reasoning)], false),
          (["type": "signature_delta", "signature": "simulated"], false),
        ])
    }
    if !completion.content.isEmpty || completion.toolCalls.isEmpty {
      block(
        ["type": "text", "text": ""],
        Words.pieces(of: completion.content, wordsEach: wordsEach).map {
          (["type": "text_delta", "text": .string($0)], true)
        })
    }
    for call in completion.toolCalls {
      block(
        use(call, input: [:]),
        call.pieces(wordsEach: wordsEach).map {
          (["type": "input_json_delta", "partial_json": .string($0)], call.isLong)
        })
    }
    if completion.finish != nil {
      events.append(
        event([
          "type": "message_delta", "delta": ["stop_reason": reason(completion), "stop_sequence": .null],
          "usage": ["output_tokens": .int(Int64(completion.usage?.completion ?? 0))],
        ]))
    }
    return events
  }

  static let stop = event(["type": "message_stop"])
  static let error = event([
    "type": "error", "error": ["type": "overloaded_error", "message": "Overloaded in the middle (simulated)"],
  ])

  private static func event(_ json: JSON, isText: Bool = false) -> StreamEvent {
    StreamEvent(json.bytes, name: json["type"]?.string, isText: isText)
  }

  private static func use(_ call: ToolCall, input: JSON) -> JSON {
    ["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": input]
  }

  private static func head(_ completion: Completion, _ usage: JSON) -> JSONObject {
    [
      "id": .string("msg_" + completion.id), "type": "message", "role": "assistant",
      "model": .string(completion.model), "content": [], "stop_reason": .null, "stop_sequence": .null, "usage": usage,
    ]
  }

  private static func usage(_ completion: Completion, output: Int) -> JSON {
    guard let usage = completion.usage else { return [:] }
    return [
      "input_tokens": .int(Int64(usage.prompt - (usage.cached ?? 0))),
      "cache_read_input_tokens": .int(Int64(usage.cached ?? 0)), "cache_creation_input_tokens": 0,
      "output_tokens": .int(Int64(output)),
    ]
  }

  /// OpenAI's words for why an answer ends in Anthropic's; one that neither knows stays as it is.
  private static func reason(_ completion: Completion) -> JSON {
    if completion.refusal != nil { return "refusal" }
    return switch completion.finish {
    case nil: .null
    case "stop": "end_turn"
    case "length": "max_tokens"
    case "tool_calls": "tool_use"
    case "content_filter": "refusal"
    case let other?: .string(other)
    }
  }
}
