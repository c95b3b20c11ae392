import Deliberation
import Testing

@Suite("Fusion as a tool") struct ToolFormTests {
  private func call(_ name: String, id: String = "call_1", arguments: String = #"{"prompt":"mountains"}"#) -> JSON {
    ["id": .string(id), "type": "function", "function": ["name": .string(name), "arguments": .string(arguments)]]
  }

  @Test("is offered to the outer model beside the client's functions") func offered() throws {
    var story = try Story(
      Sample.tool(others: [Sample.weather], ["temperature": 0.3, "response_format": ["type": "json_object"]]),
      ["stream": "answer", "reply": ["partition": 4, "gateway": "g", "incarnation": "i"]])
    let outputs = try story.dispatches()
    #expect(outputs.lines == ["default lane call/decision/0/-/0", "event call.requested/decision/0/-/0 after 1"])
    let command = try outputs.command("decision/0/-/0")
    #expect(command.models == ["openai/gpt-5.1"])
    #expect(command.tools.map { $0["function"]?["name"] } == ["weather", "fusion"])
    #expect(command.parameters == ["temperature": 0.3])
    #expect(command.responseFormat == ["type": "json_object"])
    #expect(command.deadline == Sample.start + 600_000)
    #expect(command.stream == ReplyAddress(partition: 4, gateway: "g", incarnation: "i"))
    #expect(command.depth == 0)
  }

  @Test("has another name where the client has a function of that name") func name() throws {
    let own: JSON = ["type": "function", "function": ["name": "fusion"]]
    let story = try Story(Sample.tool(others: [own]))
    let command = try story.dispatching().command("decision/0/-/0")
    #expect(command.tools.map { $0["function"]?["name"] } == ["fusion", "fusion_1"])
  }

  @Test("passes required on to the decision, and relaxes it once there is a result") func required() throws {
    var story = try Story(Sample.tool([:], ["tool_choice": "required"]))
    #expect(try story.dispatches().command("decision/0/-/0").parameters["tool_choice"] == "required")
    let answer = try fuses(&story)
    #expect(answer.parameters["tool_choice"] == nil)
    #expect(answer.tools.map { $0["function"]?["name"] } == ["fusion"])
  }

  /// Lets the outer model call fusion and the panel answer; the command of the answer.
  @discardableResult private func fuses(_ story: inout Story, text: String = "", others: [JSON] = []) throws
    -> CallCommand
  {
    try story.dispatches()
    try story.completes("decision/0/-/0", text, toolCalls: others + [call("fusion")])
    #expect(try story.dispatches().lines == ["event decision.made/decision/0/-/0"])
    #expect(
      story.state?.decision?.value
        == DecisionMade(
          call: try #require(CallID("gen-1/decision/0/-/0")), outcome: .fused, toolCallID: "call_1"))
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    return try story.judges().command("answer/0/-/0")
  }

  @Test("goes back to the outer model as the tool's result, and it writes the answer") func fused() throws {
    var story = try Story(Sample.tool(others: [Sample.weather]))
    let command = try fuses(&story)
    #expect(command.models == ["openai/gpt-5.1"])
    #expect(command.messages.count == 3)
    #expect(command.messages[0] == Sample.messages[0])
    #expect(command.messages[1] == ["role": "assistant", "content": "", "tool_calls": .array([call("fusion")])])
    #expect(command.messages[2]["role"] == "tool" && command.messages[2]["tool_call_id"] == "call_1")
    let result = try JSON.parse(try #require(command.messages[2]["content"]?.string))
    #expect(result.object?.keys == ["status", "analysis", "responses", "failed_models"])
    #expect(result["responses"]?[1] == ["model": "~openai/gpt-latest", "content": "b"])
    try story.completes("answer/0/-/0", "It is Everest.")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "It is Everest.")
    let details = try #require(body["choices"]?[0]?["message"]?["reasoning_details"]?[0])
    #expect(details["type"] == "reasoning.server_tool_call" && details["tool_name"] == "openrouter:fusion")
    #expect(details["tool_call_id"] == "call_1" && details["arguments"] == #"{"prompt":"mountains"}"#)
    #expect(try JSON.parse(try #require(details["result"]?.string)) == result)
    #expect(body["fusion"]?["analysis"] == result["analysis"])
  }

  @Test("may have asked a panel already that the end, come in between, knows nothing of") func late() throws {
    for (text, calls, isFinal) in [("", [call("fusion")], false), ("Everest.", [], false), ("", [], true)] {
      var story = try Story(Sample.tool(["deadline_ms": 10_000]))
      try story.dispatches()
      try story.completes("decision/0/-/0", text, toolCalls: calls)
      story.wait(20_000)
      try story.assembles()
      #expect(story.failed?.totals.costFinal == isFinal)
    }
  }

  @Test("that was not called leaves the outer model's answer as it is") func answered() throws {
    var story = try Story(Sample.tool())
    try story.dispatches()
    try story.completes("decision/0/-/0", "Everest, of course.")
    #expect(story.assembling().isEmpty)
    try story.dispatches()
    #expect(story.state?.decision?.value.outcome == .answered)
    #expect(story.dispatching().isEmpty && story.judging().isEmpty)
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "Everest, of course.")
    #expect(body["fusion"] == nil)
    #expect(body["model"] == "openai/gpt-5.1")
  }

  @Test("returns a client's function call as usual") func clientTool() throws {
    var story = try Story(Sample.tool(others: [Sample.weather]))
    try story.dispatches()
    try story.completes("decision/0/-/0", "", toolCalls: [call("weather", id: "w")], finish: "tool_calls")
    try story.dispatches()
    #expect(story.state?.decision?.value.outcome == .clientTool)
    try story.assembles()
    let choice = try #require(story.result?.body["choices"]?[0])
    #expect(choice["finish_reason"] == "tool_calls")
    #expect(choice["message"]?["tool_calls"] == .array([call("weather", id: "w")]))
  }

  @Test("runs first where a client's function is called beside it, and the turn is told with fusion alone")
  func beside() throws {
    var story = try Story(Sample.tool(others: [Sample.weather]))
    let command = try fuses(&story, text: "Let me see.", others: [call("weather", id: "w")])
    #expect(command.messages[1]["tool_calls"] == .array([call("fusion")]))
    try story.completes("answer/0/-/0", "", toolCalls: [call("weather", id: "w2")])
    try story.assembles()
    let choice = try #require(story.result?.body["choices"]?[0])
    #expect(choice["message"]?["content"] == "Let me see.")
    #expect(choice["finish_reason"] == "tool_calls")
  }

  @Test("is refused a second time in one turn, and then not offered again") func capped() throws {
    var story = try Story(Sample.tool())
    let first = try fuses(&story, text: "One.")
    try story.completes("answer/0/-/0", "Two.", toolCalls: [call("fusion", id: "again")])
    #expect(story.assembling().isEmpty)
    let outputs = try story.judges()
    #expect(outputs.lines == ["default lane call/answer/0/-/1", "event call.requested/answer/0/-/1 after 1"])
    let command = try outputs.command("answer/0/-/1")
    #expect(command.tools == [])
    #expect(Array(command.messages.prefix(3)) == first.messages)
    #expect(
      command.messages[3] == [
        "role": "assistant", "content": "Two.", "tool_calls": .array([call("fusion", id: "again")]),
      ])
    let refusal = try JSON.parse(try #require(command.messages[4]["content"]?.string))
    #expect(refusal["status"] == "error" && refusal["failure_reason"] == "fusion_invocation_capped")
    try story.completes("answer/0/-/1", "Three.")
    try story.assembles()
    // the text of the decision and of each answer call, in order
    #expect(story.result?.body["choices"]?[0]?["message"]?["content"] == "One.\n\nTwo.\n\nThree.")
    let end = try #require(story.completed)
    #expect(end.answerCall.local == "answer/0/-/1")
  }

  @Test("is refused a second time without the client's function beside it, which can be called after")
  func cappedBeside()
    throws
  {
    var story = try Story(Sample.tool(others: [Sample.weather]))
    try fuses(&story)
    try story.completes("answer/0/-/0", "", toolCalls: [call("weather", id: "w"), call("fusion", id: "again")])
    let command = try story.judges().command("answer/0/-/1")
    #expect(command.messages[3]["tool_calls"] == .array([call("fusion", id: "again")]))
    #expect(command.messages.count == 5 && command.tools == [Sample.weather])
    try story.completes("answer/0/-/1", "", toolCalls: [call("weather", id: "w2")], finish: "tool_calls")
    try story.assembles()
    let choice = try #require(story.result?.body["choices"]?[0])
    #expect(choice["message"]?["tool_calls"] == .array([call("weather", id: "w2")]))
    #expect(choice["finish_reason"] == "tool_calls")
  }

  @Test("fails as an answer where the call after a refused one fails, and loses no draft") func cappedFails() throws {
    var story = try Story(Sample.tool())
    try fuses(&story)
    try story.completes("answer/0/-/0", "Two.", toolCalls: [call("fusion", id: "again")])
    try story.judges()
    try story.fails("answer/0/-/1", .rateLimited, status: 429)
    try story.assembles()
    #expect(story.failed?.reason == .answerFailed && story.result?.code == 429)
    #expect(story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array?.count == 3)
  }

  @Test("by the alias meets a tool that is required, so that the answer may do without") func aliasRequired() throws {
    var story = try Story(Sample.alias([:], ["tool_choice": "required", "tools": [Sample.weather]]))
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    let command = try story.judges().command("answer/0/-/0")
    #expect(command.tools == [Sample.weather] && command.parameters["tool_choice"] == nil)
  }

  @Test("stops tools at the cost that stop_server_tools_when names, the lowest of several") func stopCost() throws {
    let rules: JSON = [
      ["type": "max_cost", "max_cost_in_dollars": 0.5], ["type": "unheard_of"],
      ["type": "max_cost", "max_cost_in_dollars": 0.25],
    ]
    var story = try Story(Sample.alias([:], ["stop_server_tools_when": rules]))
    #expect(story.state?.ask?.value.toolStopCost == 0.25)
    #expect(try story.dispatching().command("panel/0/0/0").toolStopCost == 0.25)
    try story.panelAnswers(["a", "b", "c"])
    #expect(try story.judging().command("judge/0/-/0").toolStopCost == 0.25)
  }

  @Test("is forced by its name in tool_choice, without asking the outer model first") func forced() throws {
    var story = try Story(Sample.tool([:], ["tool_choice": ["type": "openrouter:fusion"]]))
    #expect(story.dispatching().lines.last == "event panel.dispatched/0 after 3")
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    let command = try story.judges().command("answer/0/-/0")
    #expect(command.messages[1]["tool_calls"]?[0]?["function"]?["name"] == "fusion")
    #expect(command.messages[2]["tool_call_id"] == command.messages[1]["tool_calls"]?[0]?["id"])
    #expect(command.parameters["tool_choice"] == nil)
  }

  @Test("that was decided after the panel's time is sealed at once") func tooLate() throws {
    var story = try Story(Sample.tool())
    try story.dispatches()
    story.wait(until: Sample.start + 400_000)
    try story.completes("decision/0/-/0", "", toolCalls: [call("fusion")])
    try story.dispatches()
    #expect(story.dispatching().isEmpty)
    try story.assembles()
    #expect(story.state?.seals[0]?.value.sealed == .deadline)
    #expect(story.state?.seals[0]?.value.abandoned.count == 3)
    let result = try story.judging().command("answer/0/-/0").messages[2]["content"]?.string
    #expect(result?.contains("all_panels_failed") == true)
  }

  @Test(
    "ends as failed where the outer model fails, by its cause",
    arguments: [
      (FailureReason.rateLimited, 429, "rate_limit_exceeded"), (.insufficientCredits, 402, "payment_required"),
      (.overBudget, 402, "payment_required"), (.timeout, 504, "timeout"), (.expired, 504, "timeout"),
      (.invalidRequest, 400, "invalid_request"), (.contentFilter, 400, "content_policy_violation"),
      (.upstreamError, 502, "provider_unavailable"), (.tooLarge, 502, "provider_unavailable"),
    ])
  func decisionFails(reason: FailureReason, code: Int, type: String) throws {
    for request in [Sample.tool(), ["model": "openai/gpt-5.1", "messages": Sample.messages]] {
      var story = try Story(request)
      let local = try story.dispatches().lines[0].contains("decision") ? "decision/0/-/0" : "answer/0/-/0"
      try story.fails(local, reason)
      #expect(story.dispatching().isEmpty)
      try story.assembles()
      #expect(story.result?.code == code)
      #expect(story.result?.body["error"]?["metadata"]?["error_type"] == .string(type))
      #expect(story.result?.body["error"]?["metadata"]?["failure_reason"] == "answer_failed")
    }
  }

  @Test("the alias leaves the decision to the outer model where tool_choice is auto") func aliasAuto() throws {
    var story = try Story(Sample.alias([:], ["tool_choice": "auto"]))
    #expect(try story.dispatches().command("decision/0/-/0").models == ["anthropic/claude-opus-4.5"])
    let command = try fuses(&story)
    #expect(command.messages.count == 3)
  }

  @Test("a model without fusion is one call, passed through with all that the client wishes") func plain() throws {
    let others: JSONObject = [
      "model": "openai/gpt-5.1", "models": ["google/gemini-3-pro"], "messages": Sample.messages,
      "tools": [Sample.weather],
      "tool_choice": "required", "max_tokens": 5, "stop": ["x"], "seed": 7, "user": "u", "unheard_of": true,
    ]
    var story = try Story(.object(others))
    let outputs = try story.dispatches()
    #expect(outputs.lines == ["default lane call/answer/0/-/0", "event call.requested/answer/0/-/0 after 1"])
    let command = try outputs.command("answer/0/-/0")
    #expect(command.models == ["openai/gpt-5.1", "google/gemini-3-pro"])
    #expect(command.parameters == ["max_tokens": 5, "stop": ["x"], "seed": 7, "user": "u", "tool_choice": "required"])
    #expect(command.tools == [Sample.weather])
    try story.completes("answer/0/-/0", "hi", finish: "length")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["finish_reason"] == "length")
    #expect(body["fusion"] == nil)
  }
}
