import Deliberation
import Testing

@testable import Gateway

@Suite("A streamed completion") struct ChatStreamTests {
  private var stream: any AnswerStream = ChatStream(id: Telling.id, created: 1, model: "author/asked")
  private var client = Streamed()

  private mutating func hears(_ delta: Reply.Delta) throws { try client.read(stream.delta(delta)) }
  private mutating func hears(_ step: Reply.Step) throws { try client.read(stream.step(step)) }
  private mutating func ends(_ code: Int, _ body: JSON) throws { try client.read(stream.result(code: code, body)) }

  @Test("shows text as it comes, then usage and fusion once, then the end") mutating func plain() throws {
    try hears(Telling.delta("answer/0/-/0", "Hello "))
    try hears(Telling.delta("answer/0/-/0", "wörld", at: 6))
    try ends(200, Telling.completion("Hello wörld!"))
    #expect(client.deltas.compactMap { $0["content"]?.string } == ["Hello ", "wörld", "!"])
    #expect(client.deltas.first?["role"] == "assistant")
    #expect(client.deltas.dropFirst().allSatisfy { $0["role"] == nil })
    #expect(client.finish == "stop")
    let last = try #require(client.events.last?.json)
    #expect(last["choices"] == [] && last["usage"]?["cost"] == 0.5 && last["fusion"]?["status"] == "ok")
    #expect(client.events.filter { $0.json["usage"] != nil }.count == 1)
    #expect(client.isDone)
    #expect(client.events.allSatisfy { $0.json["id"]?.string == Telling.id })
  }

  @Test("shows one execution of a call alone, however others come in between") mutating func executions() throws {
    try hears(Telling.delta("answer/0/-/0", "one ", execution: "a"))
    try hears(Telling.delta("answer/0/-/0", "ONE ", execution: "b"))
    try hears(Telling.delta("answer/0/-/0", "two", at: 4, execution: "b"))
    try hears(Telling.delta("answer/0/-/0", "two", at: 4, execution: "a"))
    #expect(client.text == "one two")
    try ends(200, Telling.completion("one two three"))
    #expect(client.text == "one two three")
  }

  @Test("shows no piece twice, and nothing behind a missing one before the end") mutating func pieces() throws {
    try hears(Telling.delta("answer/0/-/0", "abc"))
    try hears(Telling.delta("answer/0/-/0", "abc"))
    try hears(Telling.delta("answer/0/-/0", "bcd", at: 1))
    #expect(client.text == "abcd")
    try hears(Telling.delta("answer/0/-/0", "gh", at: 6))
    try hears(Telling.delta("answer/0/-/0", "ef", at: 4))
    #expect(client.text == "abcd")
    try ends(200, Telling.completion("abcdefgh"))
    #expect(client.text == "abcdefgh")
  }

  @Test("ends with an error where the answer that counts does not begin with what was shown")
  mutating func overtaken() throws {
    try hears(Telling.delta("answer/0/-/0", "abc"))
    try ends(200, Telling.completion("abX and more"))
    #expect(client.text == "abc")
    #expect(client.finish == "error")
    #expect(client.events.last?.json["error"]?["metadata"]?["error_type"] == "provider_unavailable")
    #expect(client.isDone)
  }

  @Test("joins the decision and each answer with an empty line, and follows their order") mutating func turns() throws {
    try hears(Telling.delta("decision/0/-/0", "Let me ask."))
    try hears(Telling.delta("panel/0/1/0", "not to be shown"))
    try hears(Telling.delta("answer/0/-/0", "They say "))
    try hears(Telling.delta("decision/0/-/0", " Late.", at: 11))
    try hears(Telling.delta("answer/0/-/0", "yes.", at: 9))
    try hears(Telling.delta("answer/0/-/1", "Really."))
    #expect(client.text == "Let me ask.\n\nThey say yes.\n\nReally.")
    try ends(200, Telling.completion("Let me ask.\n\nThey say yes.\n\nReally."))
    #expect(client.finish == "stop")
  }

  @Test("tells each step once, with an empty delta") mutating func steps() throws {
    let sealed = Telling.step("panel.assembled", ["sealed": "complete", "answered": 3])
    try hears(sealed)
    try hears(sealed)
    try hears(
      Telling.step(
        "call.completed", ["call": "x", "purpose": "panel", "index": 1, "model": "m", "ms": 5, "cost": 0.1]))
    let told = client.events.compactMap { $0.json["fusion_event"] }
    #expect(told.map { $0["type"] } == ["panel_sealed", "member_answered"])
    #expect(told.last?["cost"] == 0.1 && told.last?["ms"] == 5 && told.last?["call"] == nil)
    #expect(client.deltas.allSatisfy { $0 == [:] })
    #expect(client.finish == nil)
  }

  @Test("shows calls of functions as they come, and then only what is missing") mutating func tools() throws {
    let whole = [Telling.call("c1", "get_weather", #"{"city":"Oslo"}"#), Telling.call("c2", "get_time", "{}")]
    try hears(
      Telling.delta(
        "answer/0/-/0",
        tools: [
          ["index": 0, "id": "c1", "type": "function", "function": ["name": "get_weather", "arguments": #"{"ci"#]]
        ]))
    try hears(
      Telling.delta("answer/0/-/0", tools: [["index": 0, "function": ["arguments": #"ty":"#]]]))
    try ends(200, Telling.completion("", tools: whole, finish: "tool_calls"))
    var arguments: [Int64: String] = [:]
    var names: [String] = []
    for piece in client.deltas.flatMap({ $0["tool_calls"]?.array ?? [] }) {
      arguments[piece["index"]?.int ?? -1, default: ""] += piece["function"]?["arguments"]?.string ?? ""
      if let name = piece["function"]?["name"]?.string { names.append(name) }
    }
    #expect(arguments == [0: #"{"city":"Oslo"}"#, 1: "{}"])
    #expect(names == ["get_weather", "get_time"])
    #expect(client.finish == "tool_calls")
  }

  @Test("ends with an error where other calls count than those shown") mutating func otherTools() throws {
    try hears(
      Telling.delta(
        "answer/0/-/0", tools: [["index": 0, "id": "c1", "function": ["name": "a", "arguments": "{}"]]]))
    try ends(200, Telling.completion("", tools: [Telling.call("c9", "a", "{}")], finish: "tool_calls"))
    #expect(client.finish == "error")
  }

  @Test("ends a failed deliberation with its error in a chunk") mutating func failure() throws {
    try hears(Telling.delta("answer/0/-/0", "abc"))
    try ends(429, ErrorBody.json(code: 429, type: "rate_limit_exceeded", message: "later"))
    #expect(client.finish == "error")
    #expect(client.events.last?.json["error"]?["code"] == 429)
    #expect(client.isDone)
  }

  @Test("names the model that answered where it is another than the one asked") mutating func model() throws {
    try ends(200, Telling.completion("x"))
    #expect(client.events.last?.json["model"] == "author/concrete")
  }
}
