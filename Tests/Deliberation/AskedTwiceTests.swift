import Deliberation
import Testing

@Suite("An id that is asked for again") struct AskedTwiceTests {
  private let first: JSONObject = ["reply": ["partition": 1, "gateway": "g1", "incarnation": "x"]]
  private let second: JSONObject = ["reply": ["partition": 2, "gateway": "g2", "incarnation": "y"]]

  private func end(_ story: inout Story) throws {
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try story.judges()
    try story.completes("answer/0/-/0", "d")
    try story.assembles()
  }

  @Test("adds its reply address while it is open") func joins() throws {
    var story = try Story(Sample.alias(), first)
    try story.ask(Sample.alias(), second, askID: "ask-2")
    #expect(story.assembling().isEmpty)
    try end(&story)
    #expect(story.assembling().lines == ["result result/end", "reply 1 reply/g1/x/end", "reply 2 reply/g2/y/end"])
  }

  @Test("with another body is refused alone, and changes nothing") func otherBody() throws {
    var story = try Story(Sample.alias(), first)
    try story.ask(Sample.alias(["mode": "best-of"]), second, askID: "ask-2")
    let local = "result/\(IDs.discriminator(source: "/conclave/gateway", id: "ask-2"))"
    let outputs = story.assembling()
    #expect(outputs.lines == ["result \(local)", "reply 2 reply/g2/y/\(local.dropFirst(7))"])
    #expect(try outputs.value(local)["code"] == 422)
    #expect(outputs[0].correlation == "ask-2" && outputs[0].causation?.contains("deliberation.requested/") == true)
    #expect(story.state?.ask?.value.mode == .merge)
    try end(&story)
    #expect(!story.assembling().lines.contains("reply 2 reply/g2/y/end"))
  }

  @Test("in a way that cannot be taken is refused alone") func refused() throws {
    var story = try Story(Sample.alias(), first)
    try story.ask(Sample.alias(["quorum": 99]), second, askID: "ask-2")
    #expect(story.state?.isOpen == true)
    #expect(story.assembling()[0].value.contains("\"code\":400"))
  }

  @Test("after its end is told so") func late() throws {
    var story = try Story(Sample.alias(), first)
    try end(&story)
    let before = story.assembling()
    try story.ask(Sample.alias(), second, askID: "ask-2")
    let added = story.assembling().filter { !before.contains($0) }
    let local = "result/\(IDs.discriminator(source: "/conclave/gateway", id: "ask-2"))"
    #expect(added.lines == ["result \(local)", "reply 2 reply/g2/y/ended/\(local.dropFirst(7))"])
    #expect(try added.value(local)["code"] == 409)
    #expect(try added.value(local)["body"]?["error"]?["metadata"]?["error_type"] == "precondition_failed")
    #expect(added[1].type == "conclave.reply.ended.v1")
    // whoever has dropped the deliberation says the same
    #expect(Assembling().late(try #require(story.events.last)) == added)
    // another one at the same gateway has an answer of its own
    try story.ask(Sample.alias(), second, askID: "ask-3")
    let all = story.assembling()
    #expect(all.count { $0.type == "conclave.reply.ended.v1" } == 2)
    #expect(Set(all.map(\.id)).count == all.count)
  }

  @Test("the same ask twice is one ask") func same() throws {
    var story = try Story(Sample.alias(), first)
    try story.ask(Sample.alias(), first)
    #expect(story.state?.joined.isEmpty == true)
  }

  @Test("an ask that is refused ends its deliberation, with a result like any other") func rejected() throws {
    var story = try Story(Sample.alias(["quorum": 99]), first)
    #expect(story.state?.isOpen == false)
    let outputs = story.assembling()
    #expect(outputs.lines == ["result result/end", "reply 1 reply/g1/x/end"])
    let result = try outputs.value("result/end")
    #expect(result["code"] == 400)
    #expect(result["body"]?["error"]?["metadata"]?["path"] == "plugins[0].quorum")
    #expect(story.dispatching().isEmpty && story.judging().isEmpty)
    // a later ask under that id finds it ended, and is told so while the first is not acknowledged yet
    try story.ask(Sample.alias(), second, askID: "ask-2")
    #expect(story.state?.isOpen == false && story.dispatching().isEmpty)
    let local = Self.local("ask-2")
    let added = story.assembling().filter { !outputs.contains($0) }
    #expect(added.lines == ["result \(local)", "reply 2 reply/g2/y/ended/\(local.dropFirst(7))"])
    #expect(try added.value(local)["code"] == 409)
  }

  private static func local(_ ask: String) -> String {
    "result/\(IDs.discriminator(source: "/conclave/gateway", id: ask))"
  }

  @Test("each of two asks that are refused under one id has its own answer") func bothRejected() throws {
    var story = try Story(Sample.alias(["quorum": 99]), first)
    let before = story.assembling()
    try story.ask(Sample.alias(["rounds": 99]), second, askID: "ask-2")
    let added = story.assembling().filter { !before.contains($0) }
    let local = Self.local("ask-2")
    #expect(added.lines == ["result \(local)", "reply 2 reply/g2/y/\(local.dropFirst(7))"])
    #expect(try added.value(local)["body"]?["error"]?["metadata"]?["path"] == "plugins[0].rounds")
    #expect(try added.value("y/\(local.dropFirst(7))")["ask"] == "ask-2")
    // and so it has where the first was dropped
    #expect(Assembling().late(try #require(story.events.last)) == added)
  }

  // MARK: Cancelling

  @Test("a cancelled deliberation ends, tells its callers and its client, and asks nobody more") func cancelled() throws
  {
    var story = try Story(Sample.alias(), first)
    try story.dispatches()
    try story.completes("panel/0/0/0", "a", cost: 0.5)
    try story.cancels(by: .operator)
    #expect(story.dispatching().isEmpty && story.judging().isEmpty)
    try story.assembles()
    guard case .cancelled(let end)? = story.state?.end?.value else {
      Issue.record("it was not cancelled")
      return
    }
    #expect(end.by == .operator && end.totals.cost == 0.5 && !end.totals.costFinal)
    let outputs = story.assembling()
    #expect(outputs.lines == ["result result/end", "reply 1 reply/g1/x/end", "signal signal/end"])
    #expect(try outputs.value("signal/end") == ["deliberation": "gen-1", "all": true])
    #expect(story.result?.code == 499)
  }

  @Test("a request to cancel stands in the log before any call is made") func pending() throws {
    var story = try Story()
    let pending = Dispatching.PendingCancel(
      request: CancelRequested(by: .client), source: "/conclave/gateway", id: "c")
    let state = try #require(story.state)
    let outputs = Dispatching().decide(state, now: story.now, cancels: [pending])
    let discriminator = IDs.discriminator(source: "/conclave/gateway", id: "c")
    #expect(outputs.lines == ["event deliberation.cancel_requested/\(discriminator)"])
    try story.read(outputs[0])
    #expect(Dispatching().decide(try #require(story.state), now: story.now, cancels: [pending]).isEmpty)
    // of one member: the others are asked once that was read
    var other = try Story()
    let member = Dispatching.PendingCancel(
      request: CancelRequested(by: .client, members: [1]), source: "/conclave/gateway", id: "c")
    try other.read(Dispatching().decide(try #require(other.state), now: other.now, cancels: [member])[0])
    let lines = Dispatching().decide(try #require(other.state), now: other.now, cancels: [member]).lines
    #expect(
      lines == ["default lane call/panel/0/0/0", "default lane call/panel/0/2/0", "event panel.dispatched/0 after 2"])
  }

  @Test("whoever watches is told of each step once it was read") func progress() throws {
    var others = first
    others["stream"] = "answer"
    var story = try Story(Sample.alias(), others)
    try story.dispatches()
    try story.completes("panel/0/0/0", "a")
    try story.fails("panel/0/1/0", .rateLimited, status: 429)
    let outputs = story.assembling()
    #expect(outputs.map(\.type) == Array(repeating: "conclave.reply.progress.v1", count: 3))
    let answered = try JSON.parse(outputs[1].value)
    #expect(answered["event"] == "gen-1/call.completed/panel/0/0/0")
    #expect(answered["gateway"] == "g1" && answered["incarnation"] == "x" && answered["deliberation"] == "gen-1")
    #expect(answered["data"]?["ms"] == 250 && answered["data"]?["cost"] == 0.01)
    let failed = try JSON.parse(outputs[2].value)
    #expect(failed["data"]?["reason"] == "rate_limited" && failed["data"]?["status_code"] == 429)
  }
}
