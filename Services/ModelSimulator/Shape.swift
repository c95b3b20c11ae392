internal import Deliberation

/// OpenAI's shape of an answer: whole, or as the events of a stream.
enum Shape {
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

  /// The JSON of a stream's events in order: deltas, then the finish reason. The usage has a chunk of its own.
  static func deltas(_ completion: Completion, wordsEach: Int) -> [[UInt8]] {
    let frame = Frame(completion)
    var events: [[UInt8]] = []
    var opening: JSONObject = ["role": "assistant", "content": ""]
    opening.append("refusal", ifPresent: completion.refusal.map { .string($0) })
    events.append(frame.chunk(.object(opening)))
    if let reasoning = completion.reasoning { events.append(frame.chunk(["reasoning": .string(reasoning)])) }
    for piece in pieces(of: completion.content, wordsEach: wordsEach) { events.append(frame.chunk(content: piece)) }
    for (index, called) in completion.toolCalls.enumerated() {
      // The name first and the arguments in two pieces, as providers do it.
      let middle = called.arguments.index(called.arguments.startIndex, offsetBy: called.arguments.count / 2)
      let named = ToolCall(id: called.id, name: called.name, arguments: "")
      events.append(frame.chunk(["tool_calls": [call(named, index: index)]]))
      for part in [called.arguments[..<middle], called.arguments[middle...]] where !part.isEmpty {
        events.append(
          frame.chunk(
            ["tool_calls": [["index": .int(Int64(index)), "function": ["arguments": .string(String(part))]]]]))
      }
    }
    if let finish = completion.finish { events.append(frame.chunk([:], finish: finish)) }
    return events
  }

  static func usageChunk(_ completion: Completion) -> [UInt8]? {
    guard let usage = completion.usage else { return nil }
    var body = head(completion, object: "chat.completion.chunk")
    body.append("choices", [])
    body.append("usage", self.usage(usage))
    return JSON.object(body).bytes
  }

  static func errorChunk(_ completion: Completion) -> [UInt8] {
    var body = head(completion, object: "chat.completion.chunk")
    body.append("error", ["code": 502, "message": "the simulated provider lost its way in the middle of the answer"])
    body.append("choices", [["index": 0, "delta": ["content": ""], "finish_reason": "error"]])
    return JSON.object(body).bytes
  }

  /// What all chunks of a stream have in common, written once.
  private struct Frame {
    private let opening: [UInt8]

    init(_ completion: Completion) {
      let head = JSON.object(Shape.head(completion, object: "chat.completion.chunk")).bytes
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

  /// Cuts after spaces: joined the pieces are the text again.
  static func pieces(of text: String, wordsEach: Int) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var pieces: [String] = []
      var (start, words) = (0, 0)
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: " ") {
        words += 1
        guard words == wordsEach else { continue }
        pieces.append(String(decoding: bytes[start...index], as: UTF8.self))
        (start, words) = (index + 1, 0)
      }
      if start < bytes.count { pieces.append(String(decoding: bytes[start...], as: UTF8.self)) }
      return pieces
    }
  }
}
