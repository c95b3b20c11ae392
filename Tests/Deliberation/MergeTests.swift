import Deliberation
import Testing

@Suite("A merge") struct MergeTests {
  @Test("first asks the whole panel, and names its commands when they are out") func dispatch() throws {
    var story = try Story()
    let outputs = story.dispatching()
    #expect(
      outputs.lines == [
        "default lane call/panel/0/0/0", "default lane call/panel/0/1/0", "default lane call/panel/0/2/0",
        "event panel.dispatched/0 after 3",
      ])
    #expect(outputs.last?.after == outputs.dropLast().map(\.id))
    #expect(outputs == story.dispatching())
    let command = try outputs.command("panel/0/1/0")
    #expect(command.models == ["openai/gpt-5.1"])
    #expect(command.modelAsked == "~openai/gpt-latest")
    #expect(command.messages == Sample.messages.array)
    #expect(command.deadline == Sample.start + 360_000)
    #expect(command.tools == [["type": "openrouter:web_search"], ["type": "openrouter:web_fetch"]])
    #expect(command.parameters == ["max_completion_tokens": 16_000])
    #expect(command.depth == 1)
    #expect(outputs[1].key == "gen-1/panel/0/1/0")
    try story.dispatches()
    #expect(story.dispatching().isEmpty)
  }

  @Test("is sealed when every member has answered, judged, answered and completed") func wholeWay() throws {
    var story = try Story(
      Sample.alias(), ["reply": ["partition": 3, "gateway": "g", "incarnation": "i"], "metadata": ["job": "1"]])
    try story.dispatches()
    try story.completes("panel/0/0/0", "Everest.")
    try story.completes("panel/0/2/0", "Mount Everest.")
    #expect(story.assembling().isEmpty)
    try story.completes("panel/0/1/0", "Everest, 8,849 m.")
    #expect(story.judging().isEmpty)
    #expect(try story.assembles().lines == ["event panel.assembled/0"])
    let judging = try story.judges()
    #expect(judging.lines == ["default lane call/judge/0/-/0", "event call.requested/judge/0/-/0 after 1"])
    #expect(story.judging().isEmpty)
    #expect(try judging.command("judge/0/-/0").models == ["anthropic/claude-opus-4.5"])
    try story.completes("judge/0/-/0", JudgeSays.valid())
    #expect(try story.judges().lines == ["event analysis.completed/0"])
    #expect(
      try story.judges().lines == ["default lane call/answer/0/-/0", "event call.requested/answer/0/-/0 after 1"])
    #expect(story.assembling().isEmpty)
    try story.completes("answer/0/-/0", "It is Mount Everest.")
    story.wait(5_000)
    #expect(try story.assembles().lines == ["event deliberation.completed/end"])
    #expect(story.state?.isOpen == false)
    #expect(story.judging().isEmpty && story.dispatching().isEmpty)
    let last = story.assembling()
    #expect(last.lines == ["result result/end", "reply 3 reply/g/i/end"])
    #expect(last[0].correlation == "ask-1" && last[0].causation == "gen-1/deliberation.completed/end")
    let result = try last.value("result/end")
    #expect(result["code"] == 200)
    #expect(result["metadata"] == ["job": "1"])
    #expect(result["request_key"] == "key-1")
    #expect(try last.value("reply/g/i/end")["body"] == result["body"])
  }

  @Test("answers with a chat completion and its fusion") func body() throws {
    var story = try Story()
    try story.panelAnswers(["Everest.", "Everest, 8,849 m.", "Mount Everest."])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    try story.completes("answer/0/-/0", "It is Mount Everest.")
    try story.assembles()
    let result = try #require(story.result)
    let body = result.body
    #expect(result.code == 200)
    #expect(body["id"] == "gen-1")
    #expect(body["object"] == "chat.completion")
    #expect(body["created"] == .int(Sample.start.milliseconds / 1000))
    #expect(body["model"] == "anthropic/claude-opus-4.5")
    #expect(
      body["choices"] == [
        [
          "index": 0,
          "message": ["role": "assistant", "content": "It is Mount Everest.", "refusal": .null],
          "finish_reason": "stop", "native_finish_reason": "stop", "logprobs": .null,
        ]
      ])
    #expect(body["usage"]?["prompt_tokens"] == 500)
    #expect(body["usage"]?["total_tokens"] == 550)
    #expect(try #require(body["usage"]?["cost"]?.number) == 0.05)
    let fusion = try #require(body["fusion"])
    #expect(
      fusion.object?.keys == [
        "status", "analysis", "responses", "failed_models", "sources", "mode", "sealed", "evidence", "costs",
        "multiple_of_single",
      ])
    #expect(fusion["status"] == "ok")
    #expect(
      fusion["analysis"] == [
        "consensus": ["They agree."], "contradictions": [], "partial_coverage": [], "unique_insights": [],
        "blind_spots": ["Nobody says when."],
      ])
    #expect(
      fusion["responses"] == [
        ["model": "~anthropic/claude-opus-latest", "content": "Everest."],
        ["model": "~openai/gpt-latest", "content": "Everest, 8,849 m."],
        ["model": "~google/gemini-pro-latest", "content": "Mount Everest."],
      ])
    #expect(fusion["failed_models"] == [])
    #expect(fusion["sealed"] == "complete")
    #expect(fusion["costs"]?.array?.count == 5)
    // 0.05 beside 100 tokens at 5 and 10 at 25 dollars a million
    #expect(fusion["multiple_of_single"] == 66.67)
  }

  @Test("gives an end that carries totals and the digest of what it rests on") func digest() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    try story.completes("answer/0/-/0", "d")
    let rests = story.events
    story.wait(9_000)
    try story.assembles()
    guard case .completed(let end)? = story.state?.end?.value else {
      Issue.record("it did not complete")
      return
    }
    let lines = rests.map { "\($0.id) \(Hex.text($0.valueHash))\n" }.joined()
    #expect(end.totals.digest == SHA256.hex(lines))
    #expect(end.totals.digestEvents == rests.count)
    #expect(end.totals.calls == 5 && end.totals.costFinal && end.totals.durationMilliseconds == 9_000)
    #expect(end.answerCall.text == "gen-1/answer/0/-/0")
  }

  @Test("folds events of different writers in any order") func early() throws {
    var story = try Story()
    let dispatched = try #require(story.dispatching().last)
    try story.completes("panel/0/0/0", "a")
    try story.completes("panel/0/1/0", "b")
    try story.completes("panel/0/2/0", "c")
    // the outcomes are there: only the event that names their calls is still due
    #expect(story.dispatching().lines == ["event panel.dispatched/0"])
    #expect(try story.assembles().lines == ["event panel.assembled/0"])
    try story.read(dispatched)
    #expect(story.dispatching().isEmpty)
  }

  @Test("does not change by copies or by what comes after the seal") func copies() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    let before = try #require(story.state)
    for recorded in story.events { story.read(recorded) }
    #expect(story.state?.digest == before.digest)
    #expect(story.state?.count == before.count)
    // a repeated call gives another text under the same id
    try story.completes("panel/0/0/0", "something else")
    #expect(story.state?.answer(try #require(CallID("gen-1/panel/0/0/0"))) == "a")
    try story.fails("panel/0/1/0", .timeout)
    #expect(story.state?.answer(try #require(CallID("gen-1/panel/0/1/0"))) == "b")
    #expect(story.state?.seals.count == 1)
  }

  @Test("sends again what a broker lost, under the same call ids") func restored() throws {
    var story = try Story()
    let first = try story.dispatches()
    try story.completes("panel/0/1/0", "b")
    try story.read(.restored, "broker-2")
    #expect(story.dispatching() == [first[0], first[2]])
    try story.completes("panel/0/0/0", "a")
    try story.completes("panel/0/2/0", "c")
    #expect(story.dispatching().isEmpty)
    try story.assembles()
    let judging = try story.judges()
    try story.read(.restored, "broker-3")
    #expect(story.judging() == [judging[0]])
  }

  @Test("stands open for nothing without its ask") func unasked() throws {
    var story = Story(unasked: Sample.id)
    try story.completes("panel/0/0/0", "a")
    #expect(story.state?.isOpen == false)
    #expect(story.dispatching().isEmpty && story.assembling().isEmpty && story.judging().isEmpty)
  }
}
