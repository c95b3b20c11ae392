import Deliberation
import Testing

@testable import Gateway

@Suite("A streamed response") struct ResponsesStreamTests {
  private var stream: any AnswerStream = ResponsesStream(
    id: Telling.id, created: 1, model: "author/asked", panel: ["~a/latest", "b/two"])
  private var client = Streamed()

  private mutating func hears(_ delta: Reply.Delta) throws { try client.read(stream.delta(delta)) }
  private mutating func hears(_ step: Reply.Step) throws { try client.read(stream.step(step)) }
  private mutating func ends(_ code: Int, _ body: JSON) throws { try client.read(stream.result(code: code, body)) }

  private func body(_ output: [JSON], status: String = "completed") -> JSON {
    ["id": .string(Telling.id), "object": "response", "status": .string(status), "output": .array(output)]
  }

  private func message(_ text: String) -> JSON {
    [
      "id": .string("msg_\(Telling.id)"), "type": "message", "role": "assistant", "status": "completed",
      "content": [["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]],
    ]
  }

  private func sits() -> [Reply.Step] {
    [
      Telling.step(
        "panel.dispatched",
        ["round": 0, "members": [["index": 0, "model": "~a/latest"], ["index": 1, "model": "b/two"]]]),
      Telling.step("call.completed", ["index": 0, "model": "~a/latest", "content": "Yes", "round": 0]),
      Telling.step("call.failed", ["index": 1, "model": "b/two", "error": "busy", "status_code": 429, "round": 0]),
      Telling.step("call.requested", ["purpose": "judge", "model": "j/judge"]),
      Telling.step("analysis.completed", ["analysis": ["consensus": []]]),
      Telling.step("call.requested", ["purpose": "answer", "model": "author/asked"]),
    ]
  }

  @Test("has the nine events of a fusion, then the message's, all numbered") mutating func fusion() throws {
    try hears(Telling.delta("panel/0/0/0", "Ye", reasoning: "hm"))
    for step in sits() { try hears(step) }
    try hears(Telling.delta("answer/0/-/0", "It "))
    let item: JSON = ["id": .string("st_\(Telling.id)"), "type": "openrouter:fusion", "status": "completed"]
    try ends(200, body([item, message("It is.")]))
    let fusion = client.types.compactMap { $0.hasPrefix("response.fusion_call.") ? $0.dropFirst(21) : nil }
    #expect(
      fusion == [
        "in_progress", "panel.reasoning.delta", "panel.delta", "panel.added", "panel.added", "panel.completed",
        "panel.failed", "analysis.in_progress", "analysis.completed", "completed",
      ])
    #expect(client.types.first == "response.created" && client.types.last == "response.completed")
    #expect(client.events.compactMap { $0.json["sequence_number"]?.int } == Array(0..<Int64(client.events.count)))
    #expect(client.events.allSatisfy { $0.name == $0.json["type"]?.string })
    let judge = client.events.first { $0.json["judge_model"] != nil }?.json
    #expect(judge?["judge_model"] == "j/judge" && judge?["analyst_model"] == "j/judge")
    let deltas = client.events.filter { $0.json["type"] == "response.output_text.delta" }
    #expect(deltas.compactMap { $0.json["delta"]?.string } == ["It ", "is."])
    #expect(deltas.allSatisfy { $0.json["output_index"] == 1 && $0.json["logprobs"] == [] })
    let done = client.events.filter { $0.json["type"] == "response.output_item.done" }.map(\.json)
    #expect(done.count == 2)
    #expect(done.first?["item"]?["responses"]?[0]?["content"] == "Yes")
    #expect(done.first?["item"]?["failed_models"]?[0]?["status_code"] == 429)
    #expect(client.isDone)
  }

  @Test("closes the fusion with all that its item has in the whole, before the answer comes") mutating func rest()
    throws
  {
    for step in sits().dropLast() { try hears(step) }
    let failed: JSON = [
      ["model": "b/two", "error": "busy", "status_code": 429, "reason": "rate_limited"],
      ["model": "c/three", "error": "it was given up by request", "reason": "cancelled"],
    ]
    let sources: JSON = [["url": "https://a.example", "title": "A"]]
    try hears(
      Telling.step(
        "call.requested",
        [
          "purpose": "answer", "model": "author/asked",
          "fusion": ["failed_models": failed, "sources": sources, "failure_reason": "judge_invalid"],
        ]))
    let item = client.events.first { $0.json["type"] == "response.output_item.done" }?.json["item"]
    #expect(item?["failed_models"] == failed && item?["sources"] == sources)
    #expect(item?["failure_reason"] == "judge_invalid" && item?["status"] == "completed")
    #expect(item?["error"] == nil)
  }

  @Test("tells what was thought before the answer", arguments: [true, false]) mutating func reasoning(shown: Bool)
    throws
  {
    if shown {
      try hears(Telling.delta("answer/0/-/0", reasoning: "Hm, "))
      try hears(Telling.delta("answer/0/-/0", reasoning: "so."))
    }
    try hears(Telling.delta("answer/0/-/0", "Yes"))
    let thought: JSON = [
      "id": .string("rs_\(Telling.id)"), "type": "reasoning", "status": "completed", "summary": [],
      "content": [["type": "reasoning_text", "text": "Hm, so."]],
    ]
    try ends(200, body([thought, message("Yes")]))
    let deltas = client.events.filter { $0.json["type"] == "response.reasoning_text.delta" }
    #expect(deltas.compactMap { $0.json["delta"]?.string }.joined() == "Hm, so.")
    let done = client.events.first { $0.json["type"] == "response.reasoning_text.done" }?.json
    #expect(done?["text"] == "Hm, so." && done?["item_id"] == .string("rs_\(Telling.id)"))
    let output = client.events.last?.json["response"]?["output"]?.array ?? []
    #expect(output.compactMap { $0["type"]?.string } == (shown ? ["reasoning", "message"] : ["message", "reasoning"]))
    for (place, item) in output.enumerated() {
      let closing = client.events.first { $0.json["type"] == "response.output_item.done" && $0.json["item"] == item }
      #expect(closing?.json["output_index"] == .int(Int64(place)))
    }
  }

  @Test("puts the items of the whole in the order in which they were opened") mutating func order() throws {
    try hears(Telling.delta("decision/0/-/0", "Let me ask."))
    for step in sits() { try hears(step) }
    let item: JSON = ["id": .string("st_\(Telling.id)"), "type": "openrouter:fusion", "status": "completed"]
    try ends(200, body([item, message("Let me ask.\n\nDone.")]))
    let output = client.events.last?.json["response"]?["output"]
    #expect(output?[0]?["type"] == "message" && output?[1]?["type"] == "openrouter:fusion")
    let places = client.events.filter { $0.json["type"] == "response.output_item.added" }.map {
      $0.json["item"]?["type"]
    }
    #expect(places == ["message", "openrouter:fusion"])
  }

  @Test("tells a plain answer without any fusion, and a cut one as incomplete") mutating func plain() throws {
    try hears(Telling.step("call.requested", ["purpose": "answer", "model": "author/asked"]))
    try hears(Telling.delta("answer/0/-/0", "Hel"))
    try ends(200, body([message("Hello")], status: "incomplete"))
    #expect(!client.types.contains { $0.contains("fusion") })
    #expect(client.types.last == "response.incomplete")
    let text = client.events.first { $0.json["type"] == "response.output_text.done" }?.json
    #expect(text?["text"] == "Hello")
  }

  @Test("streams the arguments of functions and closes each call") mutating func functions() throws {
    try hears(
      Telling.delta(
        "answer/0/-/0", tools: [["index": 0, "id": "c1", "function": ["name": "now", "arguments": "{"]]]))
    let call: JSON = [
      "id": "fc_c1", "type": "function_call", "status": "completed", "call_id": "c1", "name": "now", "arguments": "{}",
    ]
    try ends(200, body([call]))
    let pieces = client.events.filter { $0.json["type"] == "response.function_call_arguments.delta" }
    #expect(pieces.compactMap { $0.json["delta"]?.string } == ["{", "}"])
    let done = client.events.first { $0.json["type"] == "response.function_call_arguments.done" }?.json
    #expect(done?["name"] == "now" && done?["arguments"] == "{}" && done?["item_id"] == "fc_c1")
    #expect(client.types.filter { $0 == "response.output_item.added" }.count == 1)
  }

  @Test("ends a failed run as response.failed, and a refused one too") mutating func failed() throws {
    try ends(502, body([], status: "failed"))
    #expect(client.types.last == "response.failed")
    var other = ResponsesStream(id: Telling.id, created: 1, model: "m", panel: [])
    var reader = Streamed()
    try reader.read(other.result(code: 429, ErrorBody.json(code: 429, type: "rate_limit_exceeded", message: "later")))
    #expect(reader.types == ["response.created", "response.in_progress", "response.failed"])
    #expect(reader.events.last?.json["response"]?["error"]?["code"] == "rate_limit_exceeded")
    #expect(reader.isDone)
  }

  @Test("ends as failed where the answer that counts is another than the one shown") mutating func overtaken() throws {
    try hears(Telling.delta("answer/0/-/0", "abc"))
    try ends(200, body([message("xyz")]))
    #expect(client.types.last == "response.failed")
  }
}
