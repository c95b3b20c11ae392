import Deliberation
import Testing

/// What is too long for a record is refused while somebody can be told; what was taken in always has a result.
@Suite("The size of records") struct SizeTests {
  private static let record = 1_000_000
  /// For key and headers.
  private static let headroom = 2_000

  // MARK: What comes in

  private func rejected(_ result: Intake.Result) throws -> (event: Rejected, bytes: Int) {
    guard case .rejected(let output) = result,
      case .rejected(let event)? = try Event.parse(type: output.type, id: output.id, value: output.value)
    else { throw NotRejected() }
    return (event, output.value.count)
  }

  private struct NotRejected: Error {}

  private func requested(_ result: Intake.Result) throws -> Requested {
    let output = try #require(result.output)
    guard case .requested(let event)? = try Event.parse(type: output.type, id: output.id, value: output.value) else {
      throw NotTaken()
    }
    return event
  }

  private struct NotTaken: Error {}

  @Test("bounds what an ask says beside its question, and refuses without it") func metadata() throws {
    let long: JSON = ["job": .string(String(repeating: "x", count: 400_000))]
    for request in [Sample.alias(), ["model": "openai/gpt-5.1", "messages": Sample.messages]] {
      let (event, bytes) = try rejected(try Sample.intake(Sample.ask(request, ["metadata": long])))
      #expect(event.code == 413 && event.errorType == "payload_too_large" && event.path == "metadata")
      #expect(event.metadata == nil && bytes < 2_000)
    }
    // whatever else is wrong with it
    let (event, bytes) = try rejected(try Sample.intake(Sample.ask(["model": "x/y"], ["metadata": long])))
    #expect(event.code == 400 && event.metadata == nil && bytes < 2_000)
  }

  @Test("counts what an ask says beside its question as part of it") func shares() throws {
    let metadata: JSON = ["job": .string(String(repeating: "\u{1}", count: 20_000))]
    let event = try requested(try Sample.intake(Sample.ask(Sample.alias(), ["metadata": metadata])))
    let question = event.request.bytes.count + metadata.bytes.count + "key-1".utf8.count
    #expect(event.answerBytes == (800_000 - question) / 5)
    let wish = String(repeating: "w", count: 310_000)
    let tools: JSON = [["type": "openrouter:web_search", "parameters": ["note": .string(wish)]]]
    #expect(try rejected(try Sample.intake(Sample.ask(Sample.alias(["tools": tools])))).event.code == 413)
  }

  @Test("keeps a short key, and none that is long") func keys() throws {
    let short = String(repeating: "\u{1}", count: 1_024)
    #expect(try requested(try Sample.intake(Sample.ask(Sample.alias()), key: short)).origin.key == short)
    let long = String(repeating: "\u{1}", count: 500_000)
    #expect(try requested(try Sample.intake(Sample.ask(Sample.alias()), key: long)).origin.key == nil)
    let refused = try rejected(try Sample.intake(Sample.ask(Sample.alias(["quorum": 99])), key: long))
    #expect(refused.event.origin.key == nil && refused.bytes < 2_000)
  }

  @Test("takes no name that is long, whatever it names", arguments: ["tenant", "body_sha256", "replays", "reply"])
  func names(field: String) throws {
    let long: JSON = .string(String(repeating: "n", count: 400_000))
    let value = field == "reply" ? ["partition": 1, "gateway": long, "incarnation": "i"] : long
    let (event, bytes) = try rejected(try Sample.intake(Sample.ask(Sample.alias(), [field: value])))
    #expect(event.code == 400 && event.path == field && bytes < 2_000)
  }

  @Test("calls an ask dead whose own id is too long to be answered") func ids() throws {
    guard case .unreadable = try Sample.intake(Sample.ask(Sample.alias()), id: String(repeating: "i", count: 2_000))
    else {
      Issue.record("it was taken")
      return
    }
  }

  // MARK: What goes out

  struct Panel: Sendable {
    let members: Int
    let form: String
    let entrance: String
  }

  static let panels: [Panel] = [1, 2, 3, 8].flatMap { members in
    ["chat", "responses"].flatMap { form in
      ["alias", "tool"].map { Panel(members: members, form: form, entrance: $0) }
    }
  }

  private func text(_ share: Int) -> String { String(repeating: "\"", count: share / 2) }

  private func expectFits(_ outputs: [Output]) {
    for output in outputs {
      #expect(output.value.count <= Self.record - Self.headroom, "\(output.id) takes \(output.value.count)")
    }
  }

  @Test("holds every result of answers as long as they may be", arguments: panels) func results(panel: Panel) throws {
    let models = JSON.array(Array(repeating: "openai/gpt-5.1", count: panel.members))
    let system: JSON = ["role": "system", "content": .string(String(repeating: "s", count: 100_000))]
    let messages: JSON = [system, ["role": "user", "content": "Which?"]]
    let parameters: JSONObject = ["analysis_models": models]
    let request =
      panel.entrance == "alias"
      ? Sample.alias(parameters, ["messages": messages]) : Sample.tool(parameters, ["messages": messages])
    let input = try JSON.parse(request.bytes).object ?? [:]
    var shaped = input
    if panel.form == "responses" {
      shaped["input"] = input["messages"]
      shaped["messages"] = nil
    }
    let more: JSONObject = [
      "form": .string(panel.form), "metadata": ["job": .string(String(repeating: "m", count: 50_000))],
      "reply": ["partition": 1, "gateway": "g", "incarnation": "i"],
    ]
    var story = try Story(.object(shaped), more)
    let share = try #require(story.state?.ask?.value.answerBytes)
    let long = text(share)
    if panel.entrance == "tool" {
      try story.dispatches()
      try story.completes("decision/0/-/0", long, toolCalls: [Self.fusion])
      try story.dispatches()
    }
    expectFits(try story.dispatches())
    for member in 0..<panel.members { try story.completes("panel/0/\(member)/0", long, reasoning: long) }
    expectFits(try story.assembles())
    expectFits(try story.judges())
    try story.completes("judge/0/-/0", Self.analysis(share))
    expectFits(try story.judges())
    expectFits(try story.judges())
    var failing = story
    if panel.entrance == "tool" {
      try story.completes("answer/0/-/0", long, toolCalls: [Self.fusion])
      expectFits(try story.judges())
      try story.completes("answer/0/-/1", long, reasoning: long)
    } else {
      try story.completes("answer/0/-/0", long, reasoning: long)
    }
    try story.assembles()
    let outputs = story.assembling().filter { [.results, .reply(partition: 1)].contains($0.destination) }
    #expect(outputs.count == 2)
    expectFits(outputs)
    #expect(story.result?.code == 200)
    // an end without an answer holds the drafts
    try failing.fails("answer/0/-/0", .upstreamError)
    try failing.assembles()
    let failed = failing.assembling().filter { $0.destination == .results }
    #expect(failed.count == 1 && failing.result?.code == 502)
    expectFits(failed)
  }

  private static let fusion: JSON = [
    "id": "call_1", "type": "function", "function": ["name": "fusion", "arguments": "{}"],
  ]

  /// An analysis about as long as an answer may be.
  private static func analysis(_ share: Int) -> String {
    let point = String(repeating: "p", count: 1_000)
    let quotes: JSON = [["response": "A", "quote": "\""]]
    let entries = (0..<(share / 1_100)).map { _ in ["point": .string(point), "quotes": quotes] as JSON }
    return JudgeSays.valid(["consensus": .array(entries)])
  }

  @Test("leaves whole what is of a common size") func whole() throws {
    var story = try Story(["model": "openrouter/fusion", "input": "Which?"], ["form": "responses"])
    try story.panelAnswers(["a", "b", "c"])
    try story.judgeSays()
    try story.completes("answer/0/-/0", "d")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["fusion"]?["responses"]?.array?.count == 3 && body["fusion"]?["analysis"] != nil)
    #expect(body["output"]?[0]?["responses"]?.array?.count == 3)
  }

  @Test("a plain call's reasoning is left out where it does not fit beside the answer") func reasoning() throws {
    var story = try Story(["model": "openai/gpt-5.1", "messages": Sample.messages])
    try story.dispatches()
    let answer = String(repeating: "a", count: 700_000)
    try story.completes("answer/0/-/0", answer, reasoning: String(repeating: "r", count: 296_000))
    try story.assembles()
    expectFits(story.assembling())
    let message = try #require(story.result?.body["choices"]?[0]?["message"])
    #expect(message["content"] == .string(answer) && message["reasoning"] == nil)
  }

  @Test("an analysis grows no longer than an answer by the names that its letters become") func growth() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    let share = try #require(story.state?.ask?.value.answerBytes)
    let letters = JSON.array(Array(repeating: "A", count: 30))
    let entries = (0..<(share / 170)).map { _ in ["point": "x", "responses": letters, "quotes": []] as JSON }
    let output = JudgeSays.valid(["partial_coverage": .array(entries)])
    #expect(JSON.escapedSize(output) < share * 2)
    try story.completes("judge/0/-/0", output)
    let outputs = try story.judges()
    #expect(outputs[0].value.count < share + 10_000)
    guard case .completed(let analysis)? = story.state?.analyses[0]?.value else {
      Issue.record("it was not read")
      return
    }
    let kept = analysis.analysis["partial_coverage"]?.array?.count ?? 0
    #expect(kept > 0 && kept + analysis.dropped == entries.count)
  }
}
