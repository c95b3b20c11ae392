import Deliberation
import Testing

@Suite("The modes") struct ModesTests {
  /// The letter under which the judge sees a member's answer.
  private func letter(_ story: Story, _ member: Int, _ round: Int = 0) throws -> String {
    let seal = try #require(story.state?.seals[round]?.value)
    let labels = Labels(deliberation: story.id, round: round, calls: seal.answered)
    return Labels.letter(try #require(labels.calls.firstIndex { $0.member == member }))
  }

  private func bestOf(_ request: JSON = Sample.alias(["mode": "best-of"])) throws -> Story {
    var story = try Story(request)
    try story.panelAnswers(["first", "second", "third"])
    try story.judges()
    return story
  }

  // MARK: Best-of

  @Test("best-of returns the winner's answer word for word, with no further call") func winner() throws {
    var story = try bestOf()
    let order = [try letter(story, 2), try letter(story, 0), try letter(story, 1)]
    try story.completes("judge/0/-/0", JudgeSays.valid(["ranking": .array(order.map { .string($0) })]))
    try story.judges()
    #expect(story.judging().isEmpty)
    try story.assembles()
    guard case .completed(let end)? = story.state?.end?.value else {
      Issue.record("it did not complete")
      return
    }
    #expect(end.winner == 2 && end.answerCall.local == "panel/0/2/0" && end.model == "google/gemini-3-pro")
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "third")
    #expect(body["fusion"]?["winner"] == 2)
    #expect(body["model"] == "google/gemini-3-pro")
  }

  @Test("best-of without a judge's word takes the lowest index that answered, and says why") func degradedWinner()
    throws
  {
    var story = try Story(Sample.alias(["mode": "best-of"]))
    try story.dispatches()
    try story.fails("panel/0/0/0", .timeout)
    try story.completes("panel/0/1/0", "second")
    try story.completes("panel/0/2/0", "third")
    try story.assembles()
    try story.judges()
    try story.fails("judge/0/-/0", .upstreamError)
    try story.judges()
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "second")
    #expect(body["fusion"]?["winner"] == 0)
    #expect(body["fusion"]?["failure_reason"] == "judge_upstream_error")
    #expect(body["fusion"]?["analysis"] == nil)
  }

  @Test("best-of in tool form marks the winner, and the outer model still answers") func toolWinner() throws {
    var story = try bestOf(Sample.tool(["mode": "best-of"], ["tool_choice": ["type": "openrouter:fusion"]]))
    try story.completes("judge/0/-/0", JudgeSays.valid(["ranking": [.string(try letter(story, 1))]]))
    try story.judges()
    try story.judges()
    #expect(story.assembling().isEmpty)
    try story.completes("answer/0/-/0", "written")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "written")
    #expect(body["fusion"]?["winner"] == 1)
  }

  @Test("best-of in tool form without a judge's word marks the lowest index, and says why") func degradedToolWinner()
    throws
  {
    var story = try bestOf(Sample.tool(["mode": "best-of"], ["tool_choice": ["type": "openrouter:fusion"]]))
    try story.fails("judge/0/-/0", .upstreamError)
    try story.judges()
    let result = try story.judges().command("answer/0/-/0").messages[2]["content"]?.string
    #expect(result?.contains("judge_upstream_error") == true)
    try story.completes("answer/0/-/0", "written")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "written")
    #expect(body["fusion"]?["winner"] == 0 && body["fusion"]?["failure_reason"] == "judge_upstream_error")
  }

  @Test("best-of is word for word also where the outer model decided, whose text is not shown before it")
  func leftToOuter()
    throws
  {
    var story = try Story(
      Sample.alias(["mode": "best-of"], ["tool_choice": "auto"]),
      ["stream": "answer", "reply": ["partition": 4, "gateway": "g", "incarnation": "i"]])
    #expect(try story.dispatches().command("decision/0/-/0").stream == nil)
    let call: JSON = ["id": "1", "type": "function", "function": ["name": "fusion", "arguments": "{}"]]
    try story.completes("decision/0/-/0", "Let me ask others.", toolCalls: [call])
    try story.dispatches()
    try story.panelAnswers(["first", "second", "third"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid(["ranking": [.string(try letter(story, 1))]]))
    try story.judges()
    try story.assembles()
    #expect(story.result?.body["choices"]?[0]?["message"]?["content"] == "second")
  }

  @Test("a ranking that forgets answers puts them last, and one without any letter is no ranking") func rankings()
    throws
  {
    var story = try bestOf()
    let last = try letter(story, 2)
    var forgetful = story
    try forgetful.completes("judge/0/-/0", JudgeSays.valid(["ranking": [.string("Response \(last)"), "Z"]]))
    try forgetful.judges()
    guard case .completed(let analysis)? = forgetful.state?.analyses[0]?.value else {
      Issue.record("it was not read")
      return
    }
    #expect(analysis.ranking?.map(\.local) == ["panel/0/2/0", "panel/0/0/0", "panel/0/1/0"])
    #expect(analysis.dropped == 1)
    try story.completes("judge/0/-/0", JudgeSays.valid(["ranking": ["Z"]]))
    #expect(story.judging().lines.first == "default lane call/judge/0/-/1")
  }

  // MARK: Debate

  private func debate(_ parameters: JSONObject = [:]) throws -> Story {
    var all: JSONObject = ["mode": "debate", "rounds": 2]
    for member in parameters.members { all[member.key] = member.value }
    return try Story(Sample.alias(all))
  }

  @Test("a debate lets each member see the others' last answers and revise") func revisions() throws {
    var story = try debate()
    try story.panelAnswers(["alpha", "beta", "gamma"])
    #expect(story.judging().isEmpty)
    let outputs = try story.dispatches()
    #expect(
      outputs.lines == [
        "default lane call/panel/1/0/0", "default lane call/panel/1/1/0", "default lane call/panel/1/2/0",
        "event panel.dispatched/1 after 3",
      ])
    let command = try outputs.command("panel/1/1/0")
    let text = try #require(command.messages.last?["content"]?.string)
    #expect(text.hasPrefix("Which is the tallest mountain?"))
    #expect(text.contains("\nbeta\nYOURS "))
    #expect(text.contains("\nalpha\nRESPONSE ") && text.contains("\ngamma\nRESPONSE "))
    #expect(!text.contains("claude") && !text.contains("gemini"))
    // the panel's time is shared evenly
    #expect(try outputs.value("panel.dispatched/1")["deadline"] == .string((Sample.start + 240_000).rfc3339))
    #expect(story.state?.deadline(ofRound: 0) == Sample.start + 120_000)
    #expect(story.state?.deadline(ofRound: 2) == Sample.start + 360_000)
  }

  @Test("a debate goes on for its rounds, and only the last seal is judged") func rounds() throws {
    var story = try debate()
    try story.panelAnswers(["a0", "b0", "c0"])
    for round in 1...2 {
      try story.dispatches()
      for member in 0..<3 { try story.completes("panel/\(round)/\(member)/0", "\(member) in \(round)") }
      #expect(story.judging().isEmpty)
      try story.assembles()
    }
    #expect(story.dispatching().isEmpty)
    let outputs = try story.judges()
    #expect(outputs.lines.first == "default lane call/judge/2/-/0")
    let command = try outputs.command("judge/2/-/0")
    let text = try #require(command.messages.last?["content"]?.string)
    #expect(text.contains("\na0\nFIRST ") && text.contains("\n0 in 2\nRESPONSE "))
    #expect(!text.contains("0 in 1"))
    let schema = command.responseFormat?["json_schema"]?["schema"]
    #expect(schema?["required"]?.array?.contains("changes") == true)
    let letter = try letter(story, 1, 2)
    try story.completes(
      "judge/2/-/0",
      JudgeSays.valid([
        "changes": [
          ["response": .string(letter), "from": "K2", "to": "Everest"], ["response": "Y", "from": "a", "to": "b"],
        ]
      ]))
    try story.judges()
    let answering = try story.judges()
    #expect(answering.lines.first == "default lane call/answer/2/-/0")
    try story.completes("answer/2/-/0", "done")
    try story.assembles()
    let fusion = try #require(story.result?.body["fusion"])
    #expect(fusion["changes"] == [["model": "~openai/gpt-latest", "index": 1, "from": "K2", "to": "Everest"]])
    #expect(fusion["responses"]?[0] == ["model": "~anthropic/claude-opus-latest", "content": "0 in 2"])
  }

  @Test("a debate keeps the last answer of a member whose revision failed, and asks it no more") func failedRevision()
    throws
  {
    var story = try debate()
    try story.dispatches()
    try story.completes("panel/0/0/0", "a0")
    try story.completes("panel/0/1/0", "b0")
    try story.fails("panel/0/2/0", .timeout)
    try story.assembles()
    #expect(try story.dispatches().lines.count == 3)
    try story.completes("panel/1/0/0", "a1")
    try story.fails("panel/1/1/0", .upstreamError)
    try story.assembles()
    let seal = try #require(story.state?.seals[1]?.value)
    #expect(seal.answered.map(\.local) == ["panel/1/0/0", "panel/0/1/0"])
    #expect(seal.failed.map(\.local) == ["panel/1/1/0", "panel/0/2/0"])
    #expect(story.dispatching().lines == ["default lane call/panel/2/0/0", "event panel.dispatched/2 after 1"])
  }

  @Test("a debate of fewer than two answers is over") func alone() throws {
    var story = try debate()
    try story.dispatches()
    try story.completes("panel/0/0/0", "a0")
    try story.fails("panel/0/1/0", .timeout)
    try story.fails("panel/0/2/0", .timeout)
    try story.assembles()
    #expect(story.dispatching().isEmpty)
    #expect(story.judging().lines.first == "default lane call/judge/0/-/0")
  }

  @Test("a round of a debate needs no larger quorum than it has members") func quorum() throws {
    var story = try debate(["quorum": 3])
    try story.dispatches()
    try story.completes("panel/0/0/0", "a0")
    try story.completes("panel/0/1/0", "b0")
    try story.fails("panel/0/2/0", .timeout)
    try story.assembles()
    #expect(story.state?.quorum(ofRound: 1) == 2)
  }

  @Test("stand-ins serve the first round alone, and go on through the others") func standIns() throws {
    var story = try debate(["stand_ins": ["deepseek/deepseek-v3.2", "openai/gpt-5.1"]])
    try story.dispatches()
    try story.completes("panel/0/0/0", "a0")
    try story.completes("panel/0/1/0", "b0")
    try story.fails("panel/0/2/0", .timeout)
    try story.dispatches()
    try story.completes("panel/0/2/1", "c0")
    try story.assembles()
    let outputs = try story.dispatches()
    #expect(try outputs.command("panel/1/2/0").models == ["deepseek/deepseek-v3.2"])
    try story.fails("panel/1/2/0", .timeout)
    #expect(story.dispatching().isEmpty)
  }

  @Test("a round is sealed by a quorum of its own answers, and who was left behind keeps the answer before")
  func ownQuorum()
    throws
  {
    var story = try debate(["quorum": 2, "rounds": 1])
    try story.panelAnswers(["a0", "b0", "c0"])
    try story.dispatches()
    try story.completes("panel/1/2/0", "c1")
    // three answers of the round before are none of this one
    #expect(story.assembling().isEmpty)
    try story.completes("panel/1/0/0", "a1")
    try story.assembles()
    let seal = try #require(story.state?.seals[1]?.value)
    #expect(seal.sealed == .quorum)
    #expect(seal.answered.map(\.local) == ["panel/1/0/0", "panel/0/1/0", "panel/1/2/0"])
    #expect(seal.abandoned.map(\.local) == ["panel/1/1/0"])
  }

  @Test("a revision that is given up by request leaves the member's last answer") func abandonedRevision() throws {
    var story = try debate(["rounds": 1])
    try story.panelAnswers(["a0", "b0", "c0"])
    try story.dispatches()
    try story.cancels([1])
    try story.completes("panel/1/0/0", "a1")
    try story.completes("panel/1/2/0", "c1")
    try story.assembles()
    let seal = try #require(story.state?.seals[1]?.value)
    #expect(seal.sealed == .complete)
    #expect(seal.answered.map(\.local) == ["panel/1/0/0", "panel/0/1/0", "panel/1/2/0"])
    #expect(seal.abandoned.map(\.local) == ["panel/1/1/0"])
  }

  @Test("a member that is given up between two rounds is asked no more, and its answer stays") func givenUpBetween()
    throws
  {
    var story = try debate()
    try story.panelAnswers(["a0", "b0", "c0"])
    try story.cancels([1])
    #expect(
      try story.dispatches().lines == [
        "default lane call/panel/1/0/0", "default lane call/panel/1/2/0", "event panel.dispatched/1 after 2",
      ])
    try story.completes("panel/1/0/0", "a1")
    try story.completes("panel/1/2/0", "c1")
    try story.assembles()
    let seal = try #require(story.state?.seals[1]?.value)
    #expect(seal.answered.map(\.local) == ["panel/1/0/0", "panel/0/1/0", "panel/1/2/0"])
    #expect(try story.dispatches().lines.count == 3)
  }

  // MARK: A recorded panel

  @Test("a recorded panel is judged again without asking anyone") func recorded() throws {
    var story = try Story(
      Sample.alias(["mode": "best-of"]),
      [
        "recorded_panel": [
          ["model": "old/one", "content": "first"], ["model": "openai/gpt-5.1", "content": "second"],
        ],
        "replays": "gen-0",
      ])
    #expect(story.dispatching().isEmpty)
    #expect(try story.assembles().lines == ["event panel.assembled/0"])
    let seal = try #require(story.state?.seals[0]?.value)
    #expect(seal.answered.map(\.local) == ["panel/0/0/0", "panel/0/1/0"] && seal.sealed == .complete)
    let command = try story.judges().command("judge/0/-/0")
    #expect(command.messages[1]["content"]?.string?.contains("\nfirst\n") == true)
    try story.completes("judge/0/-/0", JudgeSays.valid(["ranking": [.string(try letter(story, 1))]]))
    try story.judges()
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "second")
    #expect(body["fusion"]?["responses"]?[0] == ["model": "old/one", "content": "first"])
    #expect(body["usage"]?["cost"] == 0.01)
    let debate = try Sample.intake(
      Sample.ask(Sample.alias(["mode": "debate"]), ["recorded_panel": [["model": "a", "content": "b"]]]))
    guard case .rejected = debate else {
      Issue.record("a recorded panel debated")
      return
    }
  }
}
