internal import Deliberation

/// An answer as OpenAI's chat completions have it.
enum OpenAIShape {
  static func whole(_ completion: Completion) -> JSON {
    var message: JSONObject = ["role": "assistant", "content": .string(completion.content)]
    if !completion.toolCalls.isEmpty, completion.content.isEmpty { message["content"] = .null }
    message.append("refusal", completion.refusal.map { .string($0) } ?? .null)
    message.append("reasoning", ifPresent: completion.reasoning.map { .string($0) })
    if !completion.toolCalls.isEmpty {
      message.append("tool_calls", .array(completion.toolCalls.map { call($0, index: nil) }))
    }
    var choice: JSONObject = ["index": 0, "message": .object(message)]
    choice.append("finish_reason", completion.finish.map { .string($0) } ?? .null)
    choice.append("logprobs", .null)
    var body = head(completion, object: "chat.completion")
    body.append("choices", [.object(choice)])
    body.append("usage", ifPresent: completion.usage.map(usage))
    return .object(body)
  }

  /// A stream's events in order: deltas, the finish reason, the usage.
  static func events(_ completion: Completion, wordsEach: Int, includesUsage: Bool) -> [StreamEvent] {
    let frame = Frame(completion)
    var events: [StreamEvent] = []
    var opening: JSONObject = ["role": "assistant", "content": ""]
    opening.append("refusal", ifPresent: completion.refusal.map { .string($0) })
    events.append(StreamEvent(frame.chunk(.object(opening))))
    if let reasoning = completion.reasoning {
      events.append(StreamEvent(frame.chunk(["reasoning": .string(reasoning)])))
    }
    for piece in Words.pieces(of: completion.content, wordsEach: wordsEach) {
      events.append(StreamEvent(frame.chunk(content: piece), isText: true))
    }
    for (index, called) in completion.toolCalls.enumerated() {
      // The name first and then the arguments in pieces, as providers do it.
      let named = ToolCall(id: called.id, name: called.name, arguments: "")
      events.append(StreamEvent(frame.chunk(["tool_calls": [call(named, index: index)]])))
      for part in called.pieces(wordsEach: wordsEach) {
        let delta: JSON = ["index": .int(Int64(index)), "function": ["arguments": .string(part)]]
        events.append(StreamEvent(frame.chunk(["tool_calls": [delta]]), isText: called.isLong))
      }
    }
    if let finish = completion.finish { events.append(StreamEvent(frame.chunk([:], finish: finish))) }
    if includesUsage, let usage = completion.usage {
      var body = head(completion, object: "chat.completion.chunk")
      body.append("choices", [])
      body.append("usage", self.usage(usage))
      events.append(StreamEvent(JSON.object(body).bytes))
    }
    return events
  }

  static let done = StreamEvent(Array("[DONE]".utf8))

  static func error(_ completion: Completion) -> StreamEvent {
    var body = head(completion, object: "chat.completion.chunk")
    body.append("error", ["code": 502, "message": "the simulated provider lost its way in the middle of the answer"])
    body.append("choices", [["index": 0, "delta": ["content": ""], "finish_reason": "error"]])
    return StreamEvent(JSON.object(body).bytes)
  }

  /// What all chunks of a stream have in common, written once.
  private struct Frame {
    private let opening: [UInt8]

    init(_ completion: Completion) {
      let head = JSON.object(OpenAIShape.head(completion, object: "chat.completion.chunk")).bytes
      opening = head.dropLast() + Array(",\"choices\":[{\"index\":0,\"delta\":".utf8)
    }

    func chunk(_ delta: JSON, finish: String? = nil) -> [UInt8] {
      let reason = finish.map { JSON.string($0).text } ?? "null"
      return opening + delta.bytes + Array(",\"finish_reason\":\(reason)}]}".utf8)
    }

    func chunk(content: String) -> [UInt8] {
      var bytes = opening
      bytes += "{\"content\":".utf8
      bytes += JSON.string(content).bytes
      bytes += "},\"finish_reason\":null}]}".utf8
      return bytes
    }
  }

  static func models(_ slugs: [String]) -> JSON {
    [
      "object": "list",
      "data": .array(slugs.map { ["id": .string($0), "object": "model", "created": 0, "owned_by": "simulator"] }),
    ]
  }

  fileprivate static func head(_ completion: Completion, object: String) -> JSONObject {
    var head = JSONObject()
    head.append("id", .string(completion.id))
    head.append("object", .string(object))
    head.append("created", .int(Int64(completion.created)))
    head.append("model", .string(completion.model))
    head.append("provider", "Simulator")
    head.append("system_fingerprint", "simulator")
    return head
  }

  private static func call(_ call: ToolCall, index: Int?) -> JSON {
    var object = JSONObject()
    object.append("index", ifPresent: index.map { .int(Int64($0)) })
    object.append("id", .string(call.id))
    object.append("type", "function")
    object.append("function", ["name": .string(call.name), "arguments": .string(call.arguments)])
    return .object(object)
  }

  private static func usage(_ usage: Completion.Usage) -> JSON {
    var object: JSONObject = [
      "prompt_tokens": .int(Int64(usage.prompt)), "completion_tokens": .int(Int64(usage.completion)),
      "total_tokens": .int(Int64(usage.prompt + usage.completion)),
    ]
    if let cached = usage.cached { object["prompt_tokens_details"] = ["cached_tokens": .int(Int64(cached))] }
    if let reasoning = usage.reasoning {
      object["completion_tokens_details"] = ["reasoning_tokens": .int(Int64(reasoning))]
    }
    object.append("cost", ifPresent: usage.cost.map { .double($0) })
    return .object(object)
  }
}
