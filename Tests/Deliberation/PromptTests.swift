import Deliberation
import Testing

/// The words that Conclave says to models, as they go out. Whoever changes one changes this and `Prompts.version`.
@Suite("The prompts") struct PromptTests {
  private func dedupedTag(_ text: String) throws -> String {
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("<<<") })
    return String(try #require(line.split(separator: " ").last))
  }

  private func shown(_ text: String) throws -> String { text.replacing(try dedupedTag(text), with: "TAG") }

  @Test("have a version that the events name") func version() throws {
    #expect(Prompts.version == "2026-11-21.1")
    let story = try Story()
    #expect(try story.dispatching().value("panel.dispatched/0")["prompt_version"] == .string(Prompts.version))
  }

  @Test("the panel gets the conversation, made fit for those who are asked") func panel() throws {
    let conversation = try JSON.parse(
      #"""
      [{"role":"user","content":"Hi"},{"role":"system","content":"Be brief."},
       {"role":"assistant","content":null,
        "tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":"{\"at\":1}"}}]},
       {"role":"tool","tool_call_id":"1","content":"rain"},
       {"role":"user","content":[{"type":"text","text":"And?"},{"type":"image_url","image_url":{"url":"data:x"}}]},
       {"role":"assistant","content":"I th"}]
      """#)
    let story = try Story(Sample.alias([:], ["messages": conversation, "tools": [Sample.weather]]))
    let command = try story.dispatching().command("panel/0/0/0")
    let expected = try JSON.parse(
      #"""
      [{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},
       {"role":"assistant","content":"[called weather with {\"at\":1}]"},
       {"role":"user","content":"[result of a function]\nrain"},
       {"role":"user","content":[{"type":"text","text":"And?"},{"type":"image_url","image_url":{"url":"data:x"}}]}]
      """#)
    #expect(command.messages == expected.array)
    #expect(command.tools.allSatisfy { $0["type"]?.string?.hasPrefix("openrouter:") == true })
  }

  @Test("the judge gets question and answers in fences") func judge() throws {
    var story = try Story(
      Sample.alias(
        [:],
        [
          "messages": [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "Which?"],
          ]
        ]))
    try story.panelAnswers(["same", "same", "same"])
    let messages = try story.judging().command("judge/0/-/0").messages
    #expect(messages[0]["role"] == "system")
    #expect(
      try shown(try #require(messages[1]["content"]?.string)) == """
        <<<QUESTION TAG
        [system]
        Be brief.

        [user]
        Which?
        QUESTION TAG>>>

        <<<RESPONSE A TAG
        same
        RESPONSE A TAG>>>

        <<<RESPONSE B TAG
        same
        RESPONSE B TAG>>>

        <<<RESPONSE C TAG
        same
        RESPONSE C TAG>>>

        Compare the 3 responses. Return the JSON object alone.
        """)
    let digest = SHA256.hex(messages[0]["content"]?.string ?? "")
    #expect(digest == Self.judgeInstructions, "the judge's instructions changed: change Prompts.version with them")
  }

  private static let judgeInstructions = "9a05e37e4fcaba859155e531598a2d381355eb2862413063e8885c70d11d49c3"

  @Test("whoever answers gets the answers and their analysis below the question") func answer() throws {
    var story = try Story()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    let messages = try story.judging().command("answer/0/-/0").messages
    #expect(
      try shown(try #require(messages[1]["content"]?.string)) == """
        Which is the tallest mountain?

        Several models answered the question above. Their answers stand below, fenced.

        <<<RESPONSE ~anthropic/claude-opus-latest TAG
        a
        RESPONSE ~anthropic/claude-opus-latest TAG>>>

        <<<RESPONSE ~openai/gpt-latest TAG
        b
        RESPONSE ~openai/gpt-latest TAG>>>

        <<<RESPONSE ~google/gemini-pro-latest TAG
        c
        RESPONSE ~google/gemini-pro-latest TAG>>>

        A comparison of these answers, as JSON:

        <<<ANALYSIS TAG
        {"consensus":["They agree."],"contradictions":[],"partial_coverage":[],"unique_insights":[],"blind_spots":["Nobody says when."]}
        ANALYSIS TAG>>>

        Now write the answer to the question.
        """)
    let digest = SHA256.hex(messages[0]["content"]?.string ?? "")
    #expect(
      digest == Self.answerInstructions, "the instructions for the answer changed: change Prompts.version with them")
  }

  @Test("whoever answers gets no trailing turn of an assistant") func trailing() throws {
    let messages: JSON = [["role": "user", "content": "Which?"], ["role": "assistant", "content": "I th"]]
    var story = try Story(Sample.alias([:], ["messages": messages]))
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    let told = try story.judging().command("answer/0/-/0").messages
    #expect(told.map { $0["role"] } == ["system", "user"])
    #expect(told[1]["content"]?.string?.hasPrefix("Which?\n\n") == true)
  }

  /// Every word that is said to any model, in every mode.
  @Test("are, all together, those of their version") func golden() throws {
    var said: [JSON] = []
    func note(_ outputs: [Output]) throws {
      for output in outputs where output.type == CallCommand.type {
        let command = try CallCommand(try JSON.parse(output.value))
        said += command.messages + command.tools + [command.responseFormat ?? .null]
      }
    }
    for mode in ["merge", "best-of", "debate"] {
      for isUsable in [true, false] {
        var story = try Story(Sample.alias(["mode": .string(mode)]))
        try note(try story.dispatches())
        for member in 0..<3 { try story.completes("panel/0/\(member)/0", "answer \(member)") }
        try story.assembles()
        let round = mode == "debate" ? 1 : 0
        if mode == "debate" {
          try note(try story.dispatches())
          for member in 0..<3 { try story.completes("panel/1/\(member)/0", "revised \(member)") }
          try story.assembles()
        }
        try note(try story.judges())
        if !isUsable {
          try story.completes("judge/\(round)/-/0", "I cannot.")
          try note(try story.judges())
        }
        let output = isUsable ? JudgeSays.valid(["ranking": ["A"], "changes": []]) : "Neither can I."
        try story.completes("judge/\(round)/-/\(isUsable ? 0 : 1)", output)
        try story.judges()
        try note(try story.judges())
      }
    }
    var story = try Story(Sample.tool())
    try note(try story.dispatches())
    let fusion: JSON = ["id": "1", "type": "function", "function": ["name": "fusion", "arguments": "{}"]]
    try story.completes("decision/0/-/0", "", toolCalls: [fusion])
    try story.dispatches()
    try story.panelAnswers(["a", "b", "c"])
    try story.judges()
    try story.completes("judge/0/-/0", JudgeSays.valid())
    try story.judges()
    try note(try story.judges())
    try story.completes("answer/0/-/0", "", toolCalls: [fusion])
    try note(try story.judges())
    #expect(said.count > 60)
    let digest = SHA256.hex(JSON.array(said).bytes)
    #expect(
      [Prompts.version: digest] == [Self.version: Self.everything],
      "something that is said to models changed: change Prompts.version with it")
  }

  private static let version = "2026-11-21.1"
  private static let everything = "e6ddff4f95d09a6783eb8b1f72ec5a9462202873ecbbf9ffee10ea854834fc0f"

  private static let answerInstructions = "fa56a7a86cfecd7e25a1ac898d9a665d9f217a747dd27818b177777d877d5cca"
}
