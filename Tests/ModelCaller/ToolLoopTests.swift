import Bus
import Deliberation
import ModelCaller
import Models
import Testing
import Tools

/// The loop of a call that may use tools, as the table decides it.
@Suite struct ToolLoopTests {
  private static let granted: [JSON] = [["type": "openrouter:web_search"], ["type": "openrouter:web_fetch"]]

  private func begin(
    _ table: inout Table, tools: [JSON] = Self.granted, maxCost: Double? = nil, stream: ReplyAddress? = nil,
    milliseconds: Int64 = 60_000
  ) throws -> Attempt {
    _ = table.assign()
    let record = Table.record(
      0, "gen-a", deadline: table.now + milliseconds, maxCost: maxCost, stream: stream, tools: tools)
    return try #require(table.read(record).attempts.first)
  }

  private func ask(_ name: String = "web_search", text: String = "") -> ProviderAnswer {
    var answer = ProviderAnswer()
    answer.content = text
    answer.toolCalls = [ToolCall(id: "c1", name: name, arguments: "{\"query\":\"tides\"}")]
    answer.finishReason = "tool_calls"
    answer.usage = TokenUsage(prompt: 100, completion: 10, cost: 0.01)
    return answer
  }

  private func answer(_ text: String) -> ProviderAnswer {
    var answer = ProviderAnswer()
    answer.content = text
    answer.finishReason = "stop"
    answer.usage = TokenUsage(prompt: 200, completion: 20, cost: 0.02)
    return answer
  }

  private func use(_ round: ToolRound, cost: Double = 0) -> [ToolUse] {
    round.calls.map { call in
      var result = ToolResult(
        ["results": ["found"]], sources: [ToolSource(url: "https://example.com/tides", title: "Tides")])
      result.cost = cost
      return ToolUse(call, .webSearch, turn: round.turn, milliseconds: 7, result)
    }
  }

  @Test func `a turn that asks for a tool is followed by the next, and the outcome holds the sum and the trace`() throws
  {
    var table = Table()
    let first = try begin(&table)
    #expect(first.work.messages.isEmpty)
    let (round, serial, number) = try #require(table.end(first, ask()).rounds.first)
    #expect(round.calls.map(\.name) == ["web_search"])
    #expect(round.grants.map(\.tool) == [.webSearch, .webFetch])
    let second = try #require(table.used(serial, number, use(round, cost: 0.005)).attempts.first)
    #expect(second.number == 2)
    #expect(second.execution == first.execution)
    #expect(second.work.messages.map { $0["role"]?.string } == ["assistant", "tool"])
    #expect(second.work.messages[0]["tool_calls"]?[0]?["id"] == "c1")
    #expect(second.work.messages[1]["tool_call_id"] == "c1")
    let outcome = try #require(table.end(second, answer("As https://example.com/tides says.")).outcomes.first).json
    #expect(outcome["content"] == "As https://example.com/tides says.")
    #expect(outcome["usage"]?["prompt_tokens"] == 300)
    #expect(abs((outcome["cost"]?.number ?? 0) - 0.035) < 1e-9)
    #expect(outcome["tries"]?.array?.count == 2)
    #expect(outcome["tools"]?.array?.count == 1)
    #expect(outcome["tools"]?[0]?["name"] == "web_search")
    #expect(outcome["tools"]?[0]?["ms"] == 7)
    #expect(outcome["annotations"]?[0]?["url_citation"]?["url"] == "https://example.com/tides")
  }

  @Test func `after as many turns as it may use tools in, one last turn comes without them`() throws {
    var table = Table()
    var attempt = try begin(&table)
    for turn in 1...4 {
      #expect(!attempt.work.isLast, "turn \(turn)")
      let (round, serial, number) = try #require(table.end(attempt, ask()).rounds.first)
      attempt = try #require(table.used(serial, number, use(round)).attempts.first)
    }
    #expect(attempt.work.isLast)
    // it asks once more all the same: that is its answer
    let outcome = try #require(table.end(attempt, ask(text: "That much.")).outcomes.first).json
    #expect(outcome["content"] == "That much.")
    #expect(outcome["tool_calls"] == nil)
    #expect(outcome["finish_reason"] == "stop")
    #expect(outcome["tools"]?.array?.count == 4)
  }

  @Test func `money ends the tools before it ends the call`() throws {
    var table = Table()
    let first = try begin(&table, maxCost: 0.025)
    let (round, serial, number) = try #require(table.end(first, ask()).rounds.first)
    let second = try #require(table.used(serial, number, use(round)).attempts.first)
    #expect(second.work.isLast)
    #expect(abs((second.budget ?? 0) - 0.015) < 1e-9)

    var poor = Table()
    let only = try begin(&poor, maxCost: 0.01)
    let (last, serial2, number2) = try #require(poor.end(only, ask()).rounds.first)
    #expect(poor.used(serial2, number2, use(last)).failures == ["over_budget"])
  }

  @Test func `a call is cancelled while its tools run: they are stopped and it has failed at once`() throws {
    var table = Table()
    let first = try begin(&table)
    let (round, serial, number) = try #require(table.end(first, ask()).rounds.first)
    let actions = table.hear(.cancelled(deliberation: "gen-a", calls: nil))
    #expect(actions.stoppedTools == 1)
    #expect(actions.failures == ["cancelled"])
    #expect(actions.outcomes.first?.json["cost"]?.number == 0.01)
    // what the tools still bring changes nothing
    #expect(table.used(serial, number, use(round)).isEmpty)
  }

  @Test func `the deadline holds while tools run, and leaves time for the answer`() throws {
    var table = Table()
    let first = try begin(&table, milliseconds: 10_000)
    let (round, serial, number) = try #require(table.end(first, ask()).rounds.first)
    #expect(round.milliseconds <= 7_500)
    _ = table.pass(8_000)
    let second = try #require(table.used(serial, number, use(round)).attempts.first)
    let (next, _, _) = try #require(table.end(second, ask()).rounds.first)
    #expect(next.milliseconds <= 1_500)
    let actions = table.pass(3_000)
    #expect(actions.stoppedTools == 1)
    #expect(actions.failures == ["timeout"])
    #expect(actions.outcomes.first?.json["tools"]?.array?.count == 1)
  }

  @Test func `a failed turn is tried again with what the tools have found`() throws {
    var table = Table()
    let first = try begin(&table)
    let (round, serial, number) = try #require(table.end(first, ask()).rounds.first)
    let second = try #require(table.used(serial, number, use(round)).attempts.first)
    let failure = ProviderFailure(.upstreamError, status: 503, message: "down", remedy: .later)
    var again = table.fail(second, failure).attempts
    if again.isEmpty { again = table.pass(20_000).attempts }
    #expect(again.first?.work.messages == second.work.messages)
  }

  @Test func `who watches is shown the text of every turn, and the logged answer begins with it`() throws {
    var table = Table()
    let address = ReplyAddress(partition: 1, gateway: "g", incarnation: "i")
    let first = try begin(&table, stream: address)
    table.table.delta(
      serial: first.serial, number: first.number,
      AnswerDelta(text: "Let me look.", toolCalls: [["index": 0, "function": ["name": "web_search"]]]), now: table.now)
    let (round, serial, number) = try #require(table.end(first, ask(text: "Let me look.")).rounds.first)
    let second = try #require(table.used(serial, number, use(round)).attempts.first)
    table.table.delta(serial: second.serial, number: second.number, AnswerDelta(text: "Tides."), now: table.now)
    var actions = table.pass(20)
    let shown = actions.deltas.flatMap(\.deltas).compactMap { $0["text"]?.string }.joined()
    #expect(shown == "Let me look.\n\nTides.")
    #expect(actions.deltas.allSatisfy { $0.deltas.allSatisfy { $0["tool_calls"] == nil } })
    actions = table.acknowledge(actions)
    let outcome = try #require(table.end(second, answer("Tides.")).outcomes.first).json
    #expect(outcome["content"]?.string == shown)
  }

  @Test func `a function of the client's own ends the turn, and a call without tools is as it always was`() throws {
    var table = Table()
    let own: JSON = ["type": "function", "function": ["name": "get_weather"]]
    let first = try begin(&table, tools: Self.granted + [own])
    var both = ask("get_weather")
    both.toolCalls.append(ToolCall(id: "c2", name: "web_search", arguments: "{}"))
    let outcome = try #require(table.end(first, both).outcomes.first).json
    #expect(outcome["tool_calls"]?.array?.compactMap { $0["function"]?["name"]?.string } == ["get_weather"])

    var plain = Table()
    let only = try begin(&plain, tools: [own])
    #expect(try #require(plain.end(only, ask("something")).outcomes.first).json["tool_calls"]?.array?.count == 1)
  }

  @Test func `what a model writes wrongly does not go back to a provider that would refuse it`() throws {
    var table = Table()
    let first = try begin(&table)
    var odd = ask()
    odd.toolCalls = [
      ToolCall(id: "", name: "web_search", arguments: "{\"query\": \"cut"),
      ToolCall(id: "b", name: "no such tool!", arguments: "[1]"),
      ToolCall(id: "c", name: "web_search", arguments: "{\"query\":\"\(String(repeating: "x", count: 8_000_000))\"}"),
      ToolCall(id: "d", name: "web_search", arguments: "{\"query\":\"fine\"}"),
    ]
    let (round, serial, number) = try #require(table.end(first, odd).rounds.first)
    // the tools are told what it wrote
    #expect(round.calls.map(\.name) == odd.toolCalls.map(\.name))
    #expect(round.calls[0].arguments == "{\"query\": \"cut")
    let second = try #require(table.used(serial, number, use(round)).attempts.first)
    let calls = second.work.messages[0]["tool_calls"]?.array ?? []
    #expect(calls.map { $0["id"]?.string } == second.work.messages.dropFirst().map { $0["tool_call_id"]?.string })
    #expect(Set(calls.compactMap { $0["id"]?.string }).count == 4)
    #expect(calls.map { $0["function"]?["name"]?.string } == ["web_search", "unknown", "web_search", "web_search"])
    #expect(calls.map { $0["function"]?["arguments"]?.string } == ["{}", "{}", "{}", "{\"query\":\"fine\"}"])
  }

  @Test func `traces that do not fit are shortened, and the record stays within its limit`() throws {
    var table = Table()
    var attempt = try begin(&table)
    for _ in 1...4 {
      var flood = ask()
      flood.toolCalls = (0..<5_000).map { ToolCall(id: "c\($0)", name: "web_search", arguments: "{}") }
      let (round, serial, number) = try #require(table.end(attempt, flood).rounds.first)
      #expect(round.calls.count == 16)
      let uses = round.calls.indices.map { index in
        ToolUse(
          ToolCall(id: "c\(index)", name: "web_search", arguments: String(repeating: "\u{1}", count: 5_000)),
          .webSearch,
          turn: round.turn, milliseconds: 1,
          ToolResult(["x": 1], sources: (0..<30).map { ToolSource(url: "https://example.com/\($0)", title: "t") }))
      }
      attempt = try #require(table.used(serial, number, uses).attempts.first)
    }
    let outcome = try #require(table.end(attempt, answer("done")).outcomes.first)
    #expect(outcome.value.count < 120_000)
    #expect(outcome.json["tools"]?.array?.count == 64)
    #expect(outcome.json["tools"]?[63]?["outcome"] == "ok")
  }
}

extension Table {
  fileprivate mutating func end(_ attempt: Attempt, _ answer: ProviderAnswer) -> [Action] {
    table.ended(serial: attempt.serial, number: attempt.number, answer, nil, now: now)
    return table.take()
  }

  fileprivate mutating func used(_ serial: Int, _ number: Int, _ uses: [ToolUse]) -> [Action] {
    table.used(serial: serial, number: number, uses, now: now)
    return table.take()
  }
}

extension [Action] {
  fileprivate var rounds: [(ToolRound, Int, Int)] {
    compactMap { if case .use(let round, let serial, let number) = $0 { (round, serial, number) } else { nil } }
  }

  fileprivate var stoppedTools: Int { count { if case .stopTools = $0 { true } else { false } } }
}
