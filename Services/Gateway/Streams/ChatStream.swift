internal import Deliberation
internal import Web

/// A streamed `chat.completion`: progress, the answer's text and tool calls as they come, then what the whole has more,
/// then usage and fusion.
struct ChatStream: AnswerStream {
  private let id: String
  private let created: Int64
  private var model: String
  private let metadata: OpenRouterMetadata?
  /// What every chunk begins with, written once.
  private var head: [UInt8]
  private var text = ShownText()
  private var tools = ShownTools()
  private var seen: Set<String> = []
  private var hasSpoken = false
  private var hasShownReasoning = false

  /// `metadata` goes out as `openrouter_metadata`, where the client asked for it.
  init(id: String, created: Int64, model: String, metadata: OpenRouterMetadata? = nil) {
    self.id = id
    self.created = created
    self.model = model
    self.metadata = metadata
    head = Self.head(id, created, model)
  }

  mutating func delta(_ delta: Reply.Delta) -> [UInt8] {
    guard text.follows(delta) else { return [] }
    var bytes: [UInt8] = []
    if !delta.reasoning.isEmpty {
      hasShownReasoning = true
      bytes += chunk(["reasoning": .string(delta.reasoning)])
    }
    if let new = text.add(delta) { bytes += chunk(["content": .string(new)]) }
    if !delta.toolCalls.isEmpty {
      tools.add(delta.toolCalls)
      bytes += chunk(["tool_calls": .array(delta.toolCalls)])
    }
    return bytes
  }

  mutating func step(_ step: Reply.Step) -> [UInt8] {
    guard seen.insert(step.event).inserted, let event = FusionEvent.json(step) else { return [] }
    return SSE.event(whole([choice([:])], ["fusion_event": event]))
  }

  mutating func result(code: Int, _ body: JSON) -> [UInt8] {
    guard code == 200, let choice = body["choices"]?[0], let message = choice["message"] else {
      return error(body["error"] ?? ["code": .int(Int64(code)), "message": "the deliberation ended without an answer"])
    }
    if let model = body["model"]?.string, model != self.model {
      self.model = model
      head = Self.head(id, created, model)
    }
    guard let rest = text.rest(of: message["content"]?.string ?? ""),
      let calls = tools.rest(of: message["tool_calls"]?.array ?? [])
    else {
      return error(Self.overtaken, body)
    }
    var bytes: [UInt8] = []
    if !hasShownReasoning, let reasoning = message["reasoning"]?.string, !reasoning.isEmpty {
      bytes += chunk(["reasoning": .string(reasoning)])
    }
    if !rest.isEmpty { bytes += chunk(["content": .string(rest)]) }
    if !calls.isEmpty { bytes += chunk(["tool_calls": .array(calls)]) }
    var last = JSONObject()
    for key in ["reasoning_details", "annotations"] { last.append(key, ifPresent: message[key]) }
    let finish = choice["finish_reason"] ?? "stop"
    var ending = self.choice(hasSpoken ? last : with(role: last), finish: finish)
    ending.append("native_finish_reason", ifPresent: choice["native_finish_reason"])
    bytes += SSE.event(whole([ending]))
    return bytes + closing(body)
  }

  mutating func failed(_ failure: Failure) -> [UInt8] { error(failure.json["error"] ?? [:]) }

  private static let overtaken: JSON = [
    "code": 502,
    "message":
      "the answer was written twice and the one that counts differs from what was streamed; ask for the deliberation by its id",
    "metadata": ["error_type": "provider_unavailable"],
  ]

  private mutating func error(_ error: JSON, _ body: JSON? = nil) -> [UInt8] {
    var more: JSONObject = ["error": error]
    more.append("usage", ifPresent: body?["usage"])
    more.append("fusion", ifPresent: body?["fusion"])
    return SSE.event(whole([choice(["content": ""], finish: "error")], more)) + Self.done
  }

  private func closing(_ body: JSON) -> [UInt8] {
    var more = JSONObject()
    more.append("usage", ifPresent: body["usage"])
    more.append("fusion", ifPresent: body["fusion"])
    more.append("openrouter_metadata", ifPresent: metadata?.json(answered: body))
    return SSE.event(whole([], more)) + Self.done
  }

  static let done = SSE.event(Array("[DONE]".utf8))

  // MARK: chunks

  private func with(role delta: JSONObject) -> JSONObject {
    var all: JSONObject = ["role": "assistant"]
    for member in delta.members { all.append(member.key, member.value) }
    return all
  }

  private func choice(_ delta: JSONObject, finish: JSON = .null) -> JSONObject {
    ["index": 0, "delta": .object(delta), "finish_reason": finish]
  }

  /// A chunk with a piece of the answer, which is all that most chunks are.
  private mutating func chunk(_ delta: JSONObject) -> [UInt8] {
    let delta = hasSpoken ? delta : with(role: delta)
    hasSpoken = true
    return Self.prefix + head + Self.opening + JSON.object(delta).bytes + Self.ending
  }

  private static let prefix = Array("data: ".utf8)
  private static let opening = Array(#","choices":[{"index":0,"delta":"#.utf8)
  private static let ending = Array(#","finish_reason":null}]}"#.utf8) + [0x0A, 0x0A]

  private func whole(_ choices: [JSONObject], _ more: JSONObject = [:]) -> [UInt8] {
    var chunk = JSONObject()
    chunk.append("choices", .array(choices.map { .object($0) }))
    for member in more.members { chunk.append(member.key, member.value) }
    return head + [UInt8(ascii: ",")] + JSON.object(chunk).bytes.dropFirst()
  }

  /// Without its closing brace.
  private static func head(_ id: String, _ created: Int64, _ model: String) -> [UInt8] {
    let head: JSON = [
      "id": .string(id), "object": "chat.completion.chunk", "created": .int(created), "model": .string(model),
    ]
    return head.bytes.dropLast()
  }
}
