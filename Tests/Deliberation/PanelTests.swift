import Deliberation
import Testing

@Suite("A panel") struct PanelTests {
  private func seal(_ story: Story, _ round: Int = 0) throws -> PanelAssembled {
    try #require(story.state?.seals[round]?.value)
  }

  private func locals(_ calls: [CallID]) -> [String] { calls.map(\.local) }

  // MARK: Stand-ins

  @Test("gives the seat of a member that failed to the next stand-in, in the order of the failures") func standIns()
    throws
  {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2", "openai/gpt-5.1"]]))
    try story.dispatches()
    story.wait(1_000)
    try story.fails("panel/0/2/0", .upstreamError, status: 502)
    try story.fails("panel/0/0/0", .timeout)
    let outputs = try story.dispatches()
    #expect(
      outputs.lines == [
        "default lane call/panel/0/0/1", "event member.replaced/panel/0/0/1 after 1",
        "default lane call/panel/0/2/1", "event member.replaced/panel/0/2/1 after 1",
      ])
    #expect(try outputs.command("panel/0/2/1").models == ["deepseek/deepseek-v3.2"])
    #expect(try outputs.command("panel/0/0/1").models == ["openai/gpt-5.1"])
    let event = try outputs.value("member.replaced/panel/0/2/1")
    #expect(event["replaces"] == "gen-1/panel/0/2/0" && event["model_asked"] == "deepseek/deepseek-v3.2")
    #expect(story.dispatching().isEmpty)
    // the aggregator waits for them by the same rule
    try story.completes("panel/0/1/0", "b")
    #expect(story.assembling().isEmpty)
    try story.completes("panel/0/0/1", "a")
    #expect(story.assembling().isEmpty)
    // nobody is left to stand in
    try story.fails("panel/0/2/1", .rateLimited, status: 429)
    #expect(story.dispatching().isEmpty)
    try story.assembles()
    let seal = try seal(story)
    #expect(seal.sealed == .complete)
    #expect(locals(seal.answered) == ["panel/0/0/1", "panel/0/1/0"])
    #expect(locals(seal.failed) == ["panel/0/2/1"])
    #expect(seal.abandoned == [])
  }

  @Test("waits for a stand-in even where nobody has said yet that it was called") func waitsForUnnamed() throws {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2"]]))
    try story.dispatches()
    for member in 0..<2 { try story.completes("panel/0/\(member)/0", "x") }
    try story.fails("panel/0/2/0", .upstreamError)
    #expect(story.assembling().isEmpty)
    story.wait(until: Sample.start + 360_000)
    try story.assembles()
    // never called, so what stands there is the call that failed
    #expect(locals(try seal(story).failed) == ["panel/0/2/0"])
    #expect(try seal(story).sealed == .deadline)
    #expect(story.dispatching().isEmpty)
  }

  @Test("has no stand-in for a member whose call was cancelled from outside") func cancelledCall() throws {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2"]]))
    try story.dispatches()
    try story.fails("panel/0/0/0", .cancelled)
    #expect(story.dispatching().isEmpty)
    for member in 1..<3 { try story.completes("panel/0/\(member)/0", "x") }
    try story.assembles()
    #expect(locals(try seal(story).failed) == ["panel/0/0/0"])
  }

  @Test("shows its members' texts as they are made only to whoever watches the panel") func watched() throws {
    let reply: JSON = ["partition": 4, "gateway": "g", "incarnation": "i"]
    func stream(_ kind: JSON) throws -> ReplyAddress? {
      try Story(Sample.alias(), ["stream": kind, "reply": reply]).dispatching().command("panel/0/1/0").stream
    }
    #expect(try stream("panel") == ReplyAddress(partition: 4, gateway: "g", incarnation: "i"))
    #expect(try stream("answer") == nil)
  }

  @Test("counts an answer without a word as a failure") func silence() throws {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2"]]))
    try story.dispatches()
    try story.completes("panel/0/0/0", " \n\t")
    #expect(story.dispatching().lines.first == "default lane call/panel/0/0/1")
  }

  @Test("cancels a replacement that stands after the seal") func lateReplacement() throws {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2"], "quorum": 1]))
    try story.dispatches()
    try story.fails("panel/0/2/0", .upstreamError)
    let replacement = story.dispatching()
    try story.completes("panel/0/0/0", "a")
    try story.assembles()
    #expect(locals(try seal(story).answered) == ["panel/0/0/0"])
    #expect(locals(try seal(story).failed) == ["panel/0/2/0"])
    try story.read(try #require(replacement.last))
    let outputs = story.assembling()
    #expect(outputs.lines.contains("signal signal/late/1"))
    #expect(try outputs.value("signal/late/1")["calls"] == ["gen-1/panel/0/2/1"])
    #expect(story.state?.seals.count == 1)
  }

  // MARK: Sealing

  @Test("is sealed by a quorum once the rest have had their grace") func quorum() throws {
    var story = try Story(Sample.alias(["quorum": 2, "grace_ms": 3_000]))
    try story.dispatches()
    try story.completes("panel/0/1/0", "b")
    story.wait(1_000)
    try story.completes("panel/0/2/0", "c")
    #expect(story.assembling().isEmpty)
    let state = try #require(story.state)
    #expect(Assembling().wake(state) == Sample.start + 4_000)
    story.wait(2_999)
    #expect(story.assembling().isEmpty)
    story.wait(1)
    #expect(try story.assembles().lines == ["event panel.assembled/0"])
    let seal = try seal(story)
    #expect(seal.sealed == .quorum)
    #expect(locals(seal.abandoned) == ["panel/0/0/0"])
    // the one left behind is given up on reading the seal
    let outputs = story.assembling()
    #expect(outputs.lines == ["signal signal/seal/0"])
    #expect(try outputs.value("signal/seal/0") == ["deliberation": "gen-1", "calls": ["gen-1/panel/0/0/0"]])
    #expect(outputs.last?.type == "conclave.calls.cancelled.v1")
  }

  @Test("is complete, not of a quorum, when all answer within the grace") func grace() throws {
    var story = try Story(Sample.alias(["quorum": 1, "grace_ms": 3_000]))
    try story.dispatches()
    for member in 0..<3 { try story.completes("panel/0/\(member)/0", "x") }
    try story.assembles()
    #expect(try seal(story).sealed == .complete)
  }

  @Test("is sealed at its deadline with what is there, and a late answer changes nothing") func deadline() throws {
    var story = try Story()
    try story.dispatches()
    try story.completes("panel/0/0/0", "a")
    #expect(Assembling().wake(try #require(story.state)) == Sample.start + 360_000)
    story.wait(until: Sample.start + 359_999)
    #expect(story.assembling().isEmpty)
    story.wait(1)
    try story.assembles()
    let seal = try seal(story)
    #expect(seal.sealed == .deadline)
    #expect(locals(seal.answered) == ["panel/0/0/0"])
    #expect(locals(seal.abandoned) == ["panel/0/1/0", "panel/0/2/0"])
    try story.completes("panel/0/1/0", "b")
    let judging = story.judging()
    #expect(judging.lines.first == "default lane call/judge/0/-/0")
    #expect(!judging[0].value.contains("RESPONSE B"))
  }

  @Test("of which nobody was asked yet is sealed at its deadline too, and nobody is asked after") func undispatched()
    throws
  {
    var story = try Story()
    story.wait(until: Sample.start + 360_000)
    #expect(story.dispatching().isEmpty)
    try story.assembles()
    #expect(locals(try seal(story).abandoned) == ["panel/0/0/0", "panel/0/1/0", "panel/0/2/0"])
    #expect(story.dispatching().isEmpty)
  }

  @Test("bounds a member by its own time, counted from what was read") func memberTimeout() throws {
    var story = try Story(Sample.alias(["member_timeout_ms": 5_000, "stand_ins": ["deepseek/deepseek-v3.2"]]))
    story.wait(100)
    let outputs = try story.dispatches()
    #expect(try outputs.command("panel/0/0/0").deadline == Sample.start + 5_000)
    story.wait(4_900)
    try story.fails("panel/0/0/0", .timeout)
    story.wait(50)
    #expect(try story.dispatching().command("panel/0/0/1").deadline == Sample.start + 10_000)
  }

  // MARK: Members given up

  @Test("gives a member up from the request that names it on, whatever comes after") func givenUp() throws {
    var story = try Story(Sample.alias(["stand_ins": ["deepseek/deepseek-v3.2"]]))
    try story.dispatches()
    try story.completes("panel/0/0/0", "a")
    try story.cancels([1])
    let signals = story.assembling()
    #expect(signals.lines == ["signal signal/member/1"])
    #expect(try signals.value("member/1")["calls"] == ["gen-1/panel/0/1/0"])
    // it is not replaced, and its answer comes too late
    try story.fails("panel/0/1/0", .upstreamError)
    #expect(story.dispatching().isEmpty)
    try story.completes("panel/0/2/0", "c")
    try story.assembles()
    let seal = try seal(story)
    #expect(seal.sealed == .complete)
    #expect(locals(seal.answered) == ["panel/0/0/0", "panel/0/2/0"])
    #expect(locals(seal.abandoned) == ["panel/0/1/0"])
  }

  @Test("keeps the answer of a member that is given up afterwards") func givenUpTooLate() throws {
    var story = try Story()
    try story.dispatches()
    try story.completes("panel/0/1/0", "b")
    try story.cancels([1])
    try story.completes("panel/0/0/0", "a")
    try story.completes("panel/0/2/0", "c")
    try story.assembles()
    #expect(locals(try seal(story).answered) == ["panel/0/0/0", "panel/0/1/0", "panel/0/2/0"])
  }

  @Test("never asks a member that was given up before") func givenUpBefore() throws {
    var story = try Story()
    try story.cancels([0, 2])
    let outputs = try story.dispatches()
    #expect(outputs.lines == ["default lane call/panel/0/1/0", "event panel.dispatched/0 after 1"])
    try story.completes("panel/0/1/0", "b")
    try story.assembles()
    #expect(locals(try seal(story).abandoned) == ["panel/0/0/0", "panel/0/2/0"])
  }

  // MARK: Ends without an answer

  @Test(
    "that failed as a whole names credits before rates before all else",
    arguments: [
      ([FailureReason.insufficientCredits, .rateLimited, .timeout], "insufficient_credits", 402),
      ([.timeout, .rateLimited, .upstreamError], "rate_limited", 429),
      ([.timeout, .upstreamError, .contentFilter], "all_panels_failed", 502),
      ([.overBudget, .overBudget, .overBudget], "over_budget", 402),
    ])
  func allFailed(reasons: [FailureReason], reason: String, code: Int) throws {
    var story = try Story(Sample.alias(["on_failure": "fail"]))
    try story.dispatches()
    for (member, reason) in reasons.enumerated() { try story.fails("panel/0/\(member)/0", reason, status: 500, "no") }
    try story.assembles()
    #expect(story.judging().isEmpty)
    try story.assembles()
    let result = try #require(story.result)
    #expect(result.code == code)
    let metadata = try #require(result.body["error"]?["metadata"])
    #expect(metadata["failure_reason"] == .string(reason))
    let models = try #require(metadata["fusion"]?["failed_models"]?.array)
    #expect(models.map { $0["reason"]?.string ?? "" } == reasons.map(\.rawValue))
    #expect(
      models[0] == [
        "model": "~anthropic/claude-opus-latest", "error": "no", "status_code": 500,
        "reason": .string(reasons[0].rawValue),
      ])
    #expect(story.assembling().lines == ["result result/end", "signal signal/end"])
  }

  @Test("that failed leaves the answer to the outer model alone") func aloneAfterFailure() throws {
    var story = try Story()
    try story.dispatches()
    for member in 0..<3 { try story.fails("panel/0/\(member)/0", .upstreamError, status: 500) }
    try story.assembles()
    let outputs = try story.judges()
    #expect(outputs.lines == ["default lane call/answer/0/-/0", "event call.requested/answer/0/-/0 after 1"])
    #expect(try outputs.command("answer/0/-/0").messages == Sample.messages.array)
    var answered = story
    try answered.completes("answer/0/-/0", "Everest.")
    try answered.assembles()
    let body = try #require(answered.result?.body)
    #expect(body["choices"]?[0]?["message"]?["content"] == "Everest.")
    #expect(body["fusion"]?["status"] == "error")
    #expect(body["fusion"]?["failure_reason"] == "all_panels_failed")
    #expect(body["fusion"]?["responses"] == [])
    #expect(body["fusion"]?["error"]?.string?.contains("~openai/gpt-latest: upstream_error 500") == true)
    // and when that fails too, the panel's reason is the reason
    try story.fails("answer/0/-/0", .timeout)
    try story.assembles()
    #expect(story.result?.code == 502)
    #expect(story.result?.body["error"]?["metadata"]?["failure_reason"] == "all_panels_failed")
  }

  @Test("that answered loses no draft when the answer fails") func answerFailed() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    try story.fails("answer/0/-/0", .rateLimited, status: 429, "slow down")
    try story.assembles()
    #expect(story.result?.code == 429)
    let metadata = try #require(story.result?.body["error"]?["metadata"])
    #expect(metadata["failure_reason"] == "answer_failed" && metadata["error_type"] == "rate_limit_exceeded")
    #expect(metadata["fusion"]?["responses"]?.array?.count == 3)
    #expect(metadata["fusion"]?["analysis"]?["consensus"] == ["They agree."])
  }

  @Test(
    "whose answer cannot be paid fails as that", arguments: [FailureReason.insufficientCredits, .overBudget])
  func answerUnpaid(reason: FailureReason) throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judgeSays()
    try story.fails("answer/0/-/0", reason)
    try story.assembles()
    #expect(story.result?.code == 402 && story.failed?.reason == .answerFailed)
    #expect(story.result?.body["error"]?["metadata"]?["error_type"] == "payment_required")
    #expect(story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array?.count == 3)
  }

  @Test("whose answer is not there at the deadline fails with it, the drafts beside") func deadlinePassed() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    #expect(Assembling().wake(try #require(story.state)) == Sample.start + 600_000)
    story.wait(until: Sample.start + 600_000)
    #expect(story.judging().isEmpty)
    #expect(try story.assembles().lines.last == "event deliberation.failed/end")
    #expect(story.result?.code == 504)
    #expect(story.result?.body["error"]?["metadata"]?["error_type"] == "timeout")
    #expect(story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array?.count == 3)
    let end = try #require(story.failed)
    #expect(end.reason == .deadline && !end.totals.costFinal)
  }

  @Test("lists those that were cut by time or by a quorum, each with its reason") func failedModels() throws {
    var story = try Story(Sample.alias(["quorum": 1]))
    try story.dispatches()
    try story.fails("panel/0/2/0", .contentFilter, status: 400, "no")
    try story.completes("panel/0/0/0", "a")
    try story.assembles()
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    try story.completes("answer/0/-/0", "d")
    try story.assembles()
    let fusion = try #require(story.result?.body["fusion"])
    #expect(fusion["sealed"] == "quorum" && fusion["status"] == "ok")
    #expect(fusion["failed_models"]?.array?.map { $0["reason"] } == ["cancelled", "content_filter"])
    // the one left behind has not reported: what it cost is settled later
    guard case .completed(let end)? = story.state?.end?.value else {
      Issue.record("it did not complete")
      return
    }
    #expect(!end.totals.costFinal && end.totals.calls == 5)
    let state = try #require(story.state)
    #expect(!state.isOpen && Assembling().isOpen(state))
    #expect(Assembling().wake(state) == Sample.start + 605_000)
    try story.fails("panel/0/1/0", .cancelled, cost: 0.002)
    #expect(try story.assembles().lines.last == "event deliberation.settled/settled")
    #expect(story.state?.settled?.value.cost == 0.032)
    #expect(!Assembling().isOpen(try #require(story.state)))
  }

  @Test("is settled at the latest five seconds after the deadline") func settlesLate() throws {
    var story = try Story()
    try story.dispatches()
    try story.cancels()
    try story.assembles()
    story.wait(until: Sample.start + 604_999)
    #expect(!story.assembling().lines.contains("event deliberation.settled/settled"))
    story.wait(1)
    #expect(story.assembling().lines.contains("event deliberation.settled/settled"))
  }
}

extension [UInt8] {
  func contains(_ text: String) -> Bool { String(decoding: self, as: UTF8.self).contains(text) }
}
