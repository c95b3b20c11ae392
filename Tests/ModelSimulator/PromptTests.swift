import Testing

@testable import Deliberation
@testable import ModelSimulator

/// The simulator against the prompts that Conclave really writes.
@Suite struct PromptTests {
  private let question: JSON = ["role": "user", "content": "Should the town of Harbourside build a tram?"]
  private let models = ["a/one", "b/two", "c/three"]

  private func answers() throws -> [String] {
    try models.map { model in
      try Requests.completion(Requests.conversation(Prompts.panel([question]), model: model)).content
    }
  }

  @Test(
    "the judge's own prompt is answered in its schema, with quotes that are true",
    arguments: [Mode.merge, .bestOf, .debate])
  func judge(mode: Mode) throws {
    let answers = try answers()
    let messages = Prompts.judge(
      [question], mode: mode, seed: "gen-1", answers: answers.map { Passage($0) },
      firstAnswers: mode == .debate ? answers.reversed().map { Passage($0) } : [])
    let format = AnalysisSchema.responseFormat(mode: mode)
    let body = Requests.conversation(messages, model: "d/judge", [("response_format", format)])
    let analysis = try JSON.parse(Requests.completion(body).content)
    let required = format["json_schema"]?["schema"]?["required"]?.array?.compactMap(\.string) ?? []
    #expect(analysis.object?.keys == required)
    #expect(analysis["consensus"]?.array?.isEmpty == false)
    for (label, quote) in JudgeTests.quotes(analysis) {
      let place = try #require(["A", "B", "C"].firstIndex(of: label))
      #expect(answers[place].contains(quote))
    }
    // Where the provider takes no schema, the instructions alone give the same.
    let bare = try Requests.completion(Requests.conversation(messages, model: "d/judge")).content
    #expect(try JSON.parse(bare) == analysis)
  }

  @Test("a repair is seen as one")
  func repair() throws {
    let first = Prompts.judge([question], mode: .merge, seed: "gen-1", answers: try answers().map { Passage($0) })
    let body = Requests.conversation(
      Prompts.repair(first, output: "{", problem: "it ended"), model: "simulator/judge-broken-first")
    #expect(try JSON.parse(Requests.completion(body).content)["consensus"] != nil)
  }

  @Test("a debate's prompt is answered with the model's own answer revised")
  func revision() throws {
    let answers = try answers().map { Passage($0) }
    let messages = Prompts.revision([question], seed: "gen-1", own: answers[0], others: Array(answers.dropFirst()))
    let revised = try Requests.completion(Requests.conversation(messages, model: "a/one")).content
    #expect(revised.contains("Having read the others"))
    #expect(Sentences.of(revised).count >= Sentences.of(answers[0].text).count)
  }

  @Test("the answer prompt is answered from the responses that stand in it")
  func answer() throws {
    let responses = zip(models, try answers()).map { (model: $0, content: Passage($1)) }
    let messages = Prompts.answer([question], seed: "gen-1", responses: responses, analysis: ["consensus": []])
    let reading = try Requests.reading(Requests.conversation(messages, model: "a/one"))
    guard case .fuse(let asked, let found) = reading.duty else {
      Issue.record("not taken for an answer prompt")
      return
    }
    #expect(asked == question["content"]?.string)
    #expect(found == responses.map { .init(label: $0.model, text: $0.content.text) })
  }

  @Test("the tool's result is answered from the responses in it, also after a capped second call")
  func toolResult() throws {
    let result: JSON = ["status": "ok", "responses": [["model": "a/one", "content": "The roof is sound."]]]
    var messages = Prompts.toolResult(
      [question], decision: nil, function: "fusion", toolCallID: "call_1", result: result)
    messages += [
      ["role": "assistant", "content": ""],
      ["role": "tool", "tool_call_id": "call_2", "content": "{\"status\":\"error\"}"],
    ]
    let content = try Requests.completion(Requests.conversation(messages, model: "a/one")).content
    #expect(content.contains("The roof is sound."))
  }
}
