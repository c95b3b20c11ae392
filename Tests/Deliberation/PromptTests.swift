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

  private static let answerInstructions = "fa56a7a86cfecd7e25a1ac898d9a665d9f217a747dd27818b177777d877d5cca"
}
