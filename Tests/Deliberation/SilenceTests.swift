import Deliberation
import Testing

/// Users of other fusions complain of an answer of 200 that says nothing.
@Suite("An outer model that says nothing") struct SilenceTests {
  private let plain: JSON = ["model": "openai/gpt-5.1", "messages": Sample.messages]

  @Test("has not answered a plain call") func plainCall() throws {
    var story = try Story(plain)
    try story.dispatches()
    try story.completes("answer/0/-/0", " \n")
    try story.assembles()
    #expect(story.failed?.reason == .answerFailed && story.result?.code == 502)
    #expect(story.result?.body["error"]?["metadata"]?["error_type"] == "provider_unavailable")
    #expect(story.result?.body["error"]?["message"]?.string?.contains("without producing any text") == true)
  }

  @Test("has decided nothing") func decision() throws {
    var story = try Story(Sample.tool())
    try story.dispatches()
    try story.completes("decision/0/-/0", "")
    #expect(story.dispatching().isEmpty)
    try story.assembles()
    #expect(story.failed?.reason == .answerFailed && story.result?.code == 502)
    #expect(story.state?.decision == nil && story.failed?.totals.costFinal == true)
  }

  @Test("after a panel has lost no draft") func afterPanel() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judgeSays()
    try story.completes("answer/0/-/0", "")
    try story.assembles()
    #expect(story.failed?.reason == .answerFailed && story.result?.code == 502)
    #expect(story.result?.body["error"]?["metadata"]?["fusion"]?["responses"]?.array?.count == 3)
  }

  @Test("alone after a failed panel leaves the panel's reason") func afterFailedPanel() throws {
    var story = try Story()
    try story.dispatches()
    for member in 0..<3 { try story.fails("panel/0/\(member)/0", .rateLimited, status: 429) }
    try story.assembles()
    try story.judges()
    try story.completes("answer/0/-/0", "")
    try story.assembles()
    #expect(story.failed?.reason == .rateLimited && story.result?.code == 429)
  }

  @Test(
    "where it was stopped, or called a function, is told as it is", arguments: ["length", "content_filter", "stop"])
  func justified(finish: String) throws {
    var request = plain.object ?? [:]
    if finish == "stop" { request["stop"] = ["\n"] }
    var story = try Story(.object(request))
    try story.dispatches()
    try story.completes("answer/0/-/0", "", finish: finish)
    try story.assembles()
    #expect(story.result?.code == 200)
    #expect(story.result?.body["choices"]?[0]?["finish_reason"] == .string(finish))
  }
}
