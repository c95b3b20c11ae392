import Deliberation
import Testing

@Suite("Deadlines") struct DeadlineTests {
  private let end = Sample.start + 600_000

  @Test("a member that the panel's deadline cut is listed as timed out") func cut() throws {
    var story = try Story()
    try story.dispatches()
    try story.completes("panel/0/0/0", "a")
    story.wait(until: Sample.start + 360_000)
    try story.assembles()
    try story.judgeSays()
    try story.completes("answer/0/-/0", "d")
    try story.assembles()
    let failed = try #require(story.result?.body["fusion"]?["failed_models"]?.array)
    #expect(failed.map { $0["reason"] } == ["timeout", "timeout"])
    #expect(failed.map { $0["status_code"] } == [504, 504])
  }

  @Test(
    "an answer that its caller gives up at the deadline is the deadline's",
    arguments: [FailureReason.timeout, .expired])
  func answerGivenUp(reason: FailureReason) throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judgeSays()
    var early = story
    try early.fails("answer/0/-/0", reason)
    try early.assembles()
    #expect(early.failed?.reason == .answerFailed && early.result?.code == 502)
    story.wait(until: end)
    try story.fails("answer/0/-/0", reason)
    try story.assembles()
    #expect(story.failed?.reason == .deadline && story.result?.code == 504)
    #expect(story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array?.count == 3)
  }

  @Test(
    "a plain call and a decision that their caller gives up at the deadline are the deadline's",
    arguments: [FailureReason.timeout, .expired])
  func plainGivenUp(reason: FailureReason) throws {
    let plain: JSON = ["model": "openai/gpt-5.1", "messages": Sample.messages]
    for (request, call) in [(plain, "answer/0/-/0"), (Sample.tool(), "decision/0/-/0")] {
      var story = try Story(request)
      try story.dispatches()
      var early = story
      try early.fails(call, reason)
      try early.assembles()
      #expect(early.failed?.reason == .answerFailed && early.result?.code == 504)
      story.wait(until: end)
      try story.fails(call, reason)
      try story.assembles()
      #expect(story.failed?.reason == .deadline && story.result?.code == 504)
    }
  }

  @Test("an answer in place of a panel that came to nothing is the deadline's where that gave it up") func alone()
    throws
  {
    var story = try Story()
    try story.dispatches()
    for index in 0..<3 { try story.fails("panel/0/\(index)/0", .timeout) }
    try story.assembles()
    try story.judges()
    var early = story
    try early.fails("answer/0/-/0", .upstreamError)
    try early.assembles()
    #expect(early.failed?.reason == .allPanelsFailed && early.result?.code == 502)
    story.wait(until: end)
    try story.fails("answer/0/-/0", .timeout)
    try story.assembles()
    #expect(story.failed?.reason == .deadline && story.result?.code == 504)
  }

  @Test(
    "a panel that nobody sealed until the end is sealed first, and no draft is lost", arguments: ["merge", "best-of"])
  func away(mode: String) throws {
    var story = try Story(Sample.alias(["mode": .string(mode)]))
    try story.dispatches()
    try story.completes("panel/0/0/0", "a")
    try story.completes("panel/0/2/0", "c")
    story.wait(until: end + 1_000)
    #expect(try story.assembles().lines == ["event panel.assembled/0"])
    #expect(story.state?.seals[0]?.value.sealed == .deadline)
    #expect(story.dispatching().isEmpty && story.judging().isEmpty)
    #expect(try story.assembles().lines.last == "event deliberation.failed/end")
    #expect(story.result?.code == 504 && story.failed?.reason == .deadline)
    let fusion = try #require(story.result?.body["error"]?["metadata"]?["fusion"])
    #expect(fusion["responses"]?.array?.map { $0["content"] } == ["a", "c"])
    #expect(fusion["failed_models"]?.array?.map { $0["reason"] } == ["timeout"])
  }

  @Test("a debate that nobody sealed until the end is sealed round by round") func awayFromDebate() throws {
    var story = try Story(Sample.alias(["mode": "debate", "rounds": 2]))
    try story.panelAnswers(["a", "b", "c"])
    try story.dispatches()
    try story.completes("panel/1/1/0", "b1")
    story.wait(until: end)
    #expect(try story.assembles().lines.last == "event panel.assembled/1")
    var last = ""
    for _ in 0..<3 where story.failed == nil { last = try story.assembles().lines.last ?? "" }
    #expect(last == "event deliberation.failed/end")
    let responses = story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array
    #expect(responses?.map { $0["content"] } == ["a", "b1", "c"])
  }

  @Test(
    "the judge has until four fifths of the time; after a longer panel half of what is left",
    arguments: [(nil, 480_000), (300_000, 480_000), (400_000, 500_000), (560_000, 580_000)] as [(Int64?, Int64)])
  func judge(panel: Int64?, judge: Int64) throws {
    let story = try Story(Sample.alias(panel.map { ["panel_deadline_ms": .int($0)] } ?? [:]))
    #expect(story.state?.ask?.value.judgeDeadline == Sample.start + judge)
  }

  @Test("what is said to be dispatched after the seal is cancelled, and changes nothing") func dispatchedLate() throws {
    var story = try Story()
    let dispatched = try #require(story.dispatching().last)
    story.wait(until: Sample.start + 360_000)
    try story.assembles()
    try story.read(dispatched)
    let outputs = story.assembling()
    #expect(outputs.lines.contains("signal signal/late/3"))
    #expect(try outputs.value("late/3")["calls"]?.array?.count == 3)
    try story.completes("panel/0/0/0", "a")
    #expect(story.state?.seals.count == 1 && story.dispatching().isEmpty)
    // nobody answered, so the outer model answers alone
    #expect(try story.judging().command("answer/0/-/0").messages == Sample.messages.array)
  }
}
