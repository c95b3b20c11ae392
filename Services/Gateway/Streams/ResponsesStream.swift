internal import Deliberation
internal import Web

/// A streamed `response`: its typed events, numbered, with the panel's as they happen.
struct ResponsesStream: AnswerStream {
  /// An output item that was opened, at its place in `output`.
  enum Item: Equatable, Sendable {
    case fusion, reasoning, message
    case function(Int)
  }

  let id: String
  private let frame: JSONObject
  private let metadata: OpenRouterMetadata?
  private var sequence: Int64 = 0
  private var hasBegun = false
  private(set) var items: [Item] = []
  private var closed: Set<Int> = []
  var panel: PanelProgress
  private var text = ShownText()
  private var reasoning = ""
  private var tools = ShownTools()
  private var seen: Set<String> = []

  /// `model` answers, `panel` are the models as they were asked for.
  init(id: String, created: Int64, model: String, panel: [String], metadata: OpenRouterMetadata? = nil) {
    self.id = id
    self.metadata = metadata
    self.panel = PanelProgress(asked: panel)
    frame = [
      "id": .string(id), "object": "response", "created_at": .int(created), "completed_at": .null,
      "status": "in_progress", "model": .string(model), "output": [], "instructions": .null, "metadata": .null,
      "temperature": .null, "top_p": .null, "max_output_tokens": .null, "parallel_tool_calls": true,
      "presence_penalty": .null, "frequency_penalty": .null, "tool_choice": "auto", "tools": [],
      "incomplete_details": .null, "error": .null,
    ]
  }

  // MARK: what happens

  mutating func delta(_ delta: Reply.Delta) -> [UInt8] {
    if delta.call.purpose == .panel { return panelDelta(delta) }
    guard text.follows(delta) else { return [] }
    var bytes: [UInt8] = []
    if !delta.reasoning.isEmpty { bytes += show(reasoning: delta.reasoning) }
    if let new = text.add(delta) { bytes += show(text: new) }
    if !delta.toolCalls.isEmpty {
      tools.add(delta.toolCalls)
      bytes += show(pieces: delta.toolCalls)
    }
    return bytes
  }

  private mutating func panelDelta(_ delta: Reply.Delta) -> [UInt8] {
    guard let (model, new) = panel.add(delta) else { return [] }
    var bytes = open(.fusion)
    if !delta.reasoning.isEmpty {
      bytes += fusionEvent("panel.reasoning.delta", ["model": .string(model), "delta": .string(delta.reasoning)])
    }
    if let new { bytes += fusionEvent("panel.delta", ["model": .string(model), "delta": .string(new)]) }
    return bytes
  }

  mutating func step(_ step: Reply.Step) -> [UInt8] {
    guard seen.insert(step.event).inserted else { return [] }
    guard let events = panel.step(step) else { return begin() }
    var bytes: [UInt8] = []
    for event in events where !isClosed(.fusion) {
      bytes += open(.fusion)
      switch event {
      case .told(let name, let fields): bytes += fusionEvent(name, fields)
      case .over: bytes += close(fusion: panel.item(id: fusionID))
      }
    }
    return bytes
  }

  mutating func result(code: Int, _ body: JSON) -> [UInt8] {
    guard body["object"]?.string == "response" else {
      return fail(body["error"] ?? ["code": .int(Int64(code)), "message": "it ended without an answer"])
    }
    let output = body["output"]?.array ?? []
    var bytes = begin()
    if let item = output.first(where: { $0["type"]?.string == "openrouter:fusion" }), !isClosed(.fusion) {
      bytes += open(.fusion) + close(fusion: item)
    }
    guard code == 200 else { return bytes + end("response.failed", body, output) }
    let message = output.first { $0["type"]?.string == "message" }
    let calls = output.filter { $0["type"]?.string == "function_call" }
    guard let rest = text.rest(of: message?["content"]?[0]?["text"]?.string ?? ""),
      let pieces = tools.rest(of: calls.map(Self.chunk))
    else {
      return bytes
        + fail([
          "code": 502, "message": "the answer that counts differs from what was streamed; ask for it by its id",
          "metadata": ["error_type": "provider_unavailable"],
        ])
    }
    if let thought = output.first(where: { $0["type"]?.string == "reasoning" }) {
      // it is shown as it comes; what came in another way is told whole
      let whole = thought["content"]?[0]?["text"]?.string ?? ""
      if reasoning.isEmpty { bytes += show(reasoning: whole) }
      bytes += close(reasoning: thought, whole)
    }
    if let message {
      bytes += rest.isEmpty ? open(.message) : show(text: rest)
      bytes += close(message: message)
    }
    bytes += show(pieces: pieces)
    for (index, call) in calls.enumerated() { bytes += close(function: index, call) }
    return bytes + end(body["status"] == "incomplete" ? "response.incomplete" : "response.completed", body, output)
  }

  mutating func failed(_ failure: Failure) -> [UInt8] { fail(failure.json["error"] ?? [:]) }

  // MARK: the frame

  private mutating func event(_ type: String, _ fields: JSONObject) -> [UInt8] {
    var event: JSONObject = ["type": .string(type)]
    for member in fields.members { event.append(member.key, member.value) }
    event.append("sequence_number", .int(sequence))
    sequence += 1
    return SSE.event(JSON.object(event).bytes, event: type)
  }

  private mutating func begin() -> [UInt8] {
    guard !hasBegun else { return [] }
    hasBegun = true
    return event("response.created", ["response": .object(frame)])
      + event("response.in_progress", ["response": .object(frame)])
  }

  private mutating func end(_ type: String, _ body: JSON, _ output: [JSON]) -> [UInt8] {
    var body = body.object ?? JSONObject()
    body["output"] = .array(ordered(output))
    let told = JSON.object(body)
    body["openrouter_metadata"] = metadata?.json(answered: told)
    return event(type, ["response": .object(body)]) + ChatStream.done
  }

  /// In the order in which the items were opened: clients know them by their place.
  private func ordered(_ output: [JSON]) -> [JSON] {
    var functions = -1
    let kinds = output.map { item -> Item in
      switch item["type"]?.string {
      case "openrouter:fusion": return .fusion
      case "reasoning": return .reasoning
      case "function_call":
        functions += 1
        return .function(functions)
      default: return .message
      }
    }
    return zip(kinds, output).enumerated().sorted { left, right in
      let places = [left, right].map { items.firstIndex(of: $0.element.0) ?? .max }
      return (places[0], left.offset) < (places[1], right.offset)
    }.map(\.element.1)
  }

  private mutating func fail(_ error: JSON) -> [UInt8] {
    var body = frame
    body["status"] = "failed"
    let type = error["metadata"]?["error_type"]?.string ?? "server"
    let code = type == "rate_limit_exceeded" ? type : error["code"]?.int == 400 ? "invalid_prompt" : "server_error"
    body["error"] = ["code": .string(code), "message": error["message"] ?? ""]
    body["error_type"] = .string(type)
    return begin() + event("response.failed", ["response": .object(body)]) + ChatStream.done
  }

  // MARK: items

  private var fusionID: String { "st_\(id)" }
  private var messageID: String { "msg_\(id)" }
  private var reasoningID: String { "rs_\(id)" }

  private func isClosed(_ item: Item) -> Bool { items.firstIndex(of: item).map { closed.contains($0) } ?? false }

  private func place(_ item: Item) -> JSON { .int(Int64(items.firstIndex(of: item) ?? 0)) }

  private mutating func open(_ item: Item) -> [UInt8] {
    guard !items.contains(item) else { return [] }
    var bytes = begin()
    items.append(item)
    switch item {
    case .fusion:
      bytes += event(
        "response.output_item.added",
        [
          "output_index": place(item),
          "item": ["id": .string(fusionID), "type": "openrouter:fusion", "status": "in_progress"],
        ])
      bytes += fusionEvent("in_progress", [:])
    case .reasoning:
      bytes += event(
        "response.output_item.added",
        [
          "output_index": place(item),
          "item": ["id": .string(reasoningID), "type": "reasoning", "status": "in_progress", "summary": []],
        ])
      bytes += event(
        "response.content_part.added",
        [
          "item_id": .string(reasoningID), "output_index": place(item), "content_index": 0,
          "part": ["type": "reasoning_text", "text": ""],
        ])
    case .message:
      bytes += event(
        "response.output_item.added",
        [
          "output_index": place(item),
          "item": [
            "id": .string(messageID), "type": "message", "role": "assistant", "status": "in_progress", "content": [],
          ],
        ])
      bytes += event(
        "response.content_part.added",
        [
          "item_id": .string(messageID), "output_index": place(item), "content_index": 0,
          "part": ["type": "output_text", "text": "", "annotations": [], "logprobs": []],
        ])
    case .function(let index):
      let call = tools.calls[index]
      bytes += event(
        "response.output_item.added",
        [
          "output_index": place(item),
          "item": [
            "id": .string("fc_\(call?.id ?? "")"), "type": "function_call", "status": "in_progress",
            "call_id": .string(call?.id ?? ""), "name": .string(call?.name ?? ""), "arguments": "",
          ],
        ])
    }
    return bytes
  }

  private mutating func fusionEvent(_ name: String, _ fields: JSONObject) -> [UInt8] {
    var all: JSONObject = ["item_id": .string(fusionID), "output_index": place(.fusion)]
    for member in fields.members { all.append(member.key, member.value) }
    return event("response.fusion_call.\(name)", all)
  }

  private mutating func close(fusion item: JSON) -> [UInt8] {
    closed.insert(items.firstIndex(of: .fusion) ?? 0)
    return fusionEvent("completed", [:])
      + event("response.output_item.done", ["output_index": place(.fusion), "item": item])
  }

  private mutating func show(reasoning new: String) -> [UInt8] {
    reasoning += new
    let bytes = open(.reasoning)
    return bytes
      + event(
        "response.reasoning_text.delta",
        [
          "item_id": .string(reasoningID), "output_index": place(.reasoning), "content_index": 0,
          "delta": .string(new),
        ])
  }

  private mutating func close(reasoning item: JSON, _ whole: String) -> [UInt8] {
    let place: JSONObject = [
      "item_id": .string(reasoningID), "output_index": self.place(.reasoning), "content_index": 0,
    ]
    var done = place
    done.append("text", .string(whole))
    var ended = place
    ended.append("part", ["type": "reasoning_text", "text": .string(whole)])
    return event("response.reasoning_text.done", done) + event("response.content_part.done", ended)
      + event("response.output_item.done", ["output_index": self.place(.reasoning), "item": item])
  }

  private mutating func show(text new: String) -> [UInt8] {
    open(.message)
      + event(
        "response.output_text.delta",
        [
          "item_id": .string(messageID), "output_index": place(.message), "content_index": 0, "delta": .string(new),
          "logprobs": [],
        ])
  }

  private mutating func close(message: JSON) -> [UInt8] {
    let part = message["content"]?[0] ?? [:]
    let place: JSONObject = [
      "item_id": .string(messageID), "output_index": self.place(.message), "content_index": 0,
    ]
    var done = place
    done.append("text", part["text"] ?? "")
    done.append("logprobs", [])
    var ended = place
    ended.append("part", part)
    return event("response.output_text.done", done) + event("response.content_part.done", ended)
      + event("response.output_item.done", ["output_index": self.place(.message), "item": message])
  }

  /// Pieces of calls, in the shape of a chunk's.
  private mutating func show(pieces: [JSON]) -> [UInt8] {
    var bytes: [UInt8] = []
    for piece in pieces {
      let index = Int(piece["index"]?.int ?? 0)
      if tools.calls[index] == nil { tools.add([piece]) }
      guard let call = tools.calls[index] else { continue }
      bytes += open(.function(index))
      let arguments = piece["function"]?["arguments"]?.string ?? ""
      guard !arguments.isEmpty else { continue }
      bytes += event(
        "response.function_call_arguments.delta",
        [
          "item_id": .string("fc_\(call.id)"), "output_index": place(.function(index)), "delta": .string(arguments),
        ])
    }
    return bytes
  }

  private mutating func close(function index: Int, _ call: JSON) -> [UInt8] {
    open(.function(index))
      + event(
        "response.function_call_arguments.done",
        [
          "item_id": call["id"] ?? "", "output_index": place(.function(index)), "name": call["name"] ?? "",
          "arguments": call["arguments"] ?? "",
        ])
      + event("response.output_item.done", ["output_index": place(.function(index)), "item": call])
  }

  /// A function call's item as a chunk of chat completions has it.
  private static func chunk(_ item: JSON) -> JSON {
    [
      "id": item["call_id"] ?? "", "type": "function",
      "function": ["name": item["name"] ?? "", "arguments": item["arguments"] ?? ""],
    ]
  }
}
