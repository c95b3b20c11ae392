import Deliberation
import Testing

@testable import ModelSimulator

@Suite struct DutyTests {
  @Test("an answer prompt's responses are fused: what all say comes first, what is disputed is named")
  func fused() throws {
    let text = [
      "Should we move?", Requests.fence("RESPONSE acme/one", "The roof is sound. On timing, begin now."),
      Requests.fence("RESPONSE acme/two", "The roof is sound. On timing, wait."),
      Requests.fence("ANALYSIS", "{\"consensus\":[]}"),
    ].joined(separator: "\n")
    let content = try Requests.completion(Requests.chat(text)).content
    #expect(content.hasPrefix("[simulated] "))
    #expect(content.contains("The roof is sound."))
    #expect(content.contains("They differ on timing: one answer hold that begin now."))
  }

  @Test("the result of a fusion call is fused as well")
  func toolResult() throws {
    let result: JSON = [
      "status": "ok",
      "responses": [
        ["model": "a/b", "content": "The roof is sound."], ["model": "c/d", "content": "The roof is sound."],
      ],
    ]
    let body = Requests.conversation(
      [
        ["role": "user", "content": "Should we move? [use fusion]"],
        [
          "role": "assistant", "content": .null,
          "tool_calls": [["id": "1", "type": "function", "function": ["name": "fusion", "arguments": "{}"]]],
        ],
        ["role": "tool", "tool_call_id": "1", "content": .string(result.text)],
      ], [("tools", [Requests.function("fusion")])])
    let completion = try Requests.completion(body)
    #expect(completion.toolCalls.isEmpty)
    #expect(completion.content.contains("The roof is sound."))
  }

  @Test("in a debate a model may take the stance of most others")
  func revised() throws {
    let text =
      "Should we move?\n"
      + Requests.fence("YOURS", "The roof is sound. On timing, wait.") + "\n"
      + ["A", "B"].map { Requests.fence("RESPONSE \($0)", "On timing, begin now.") }.joined(separator: "\n")
    let contents = try (0..<20).map { try Requests.completion(Requests.chat(text, model: "acme/\($0)")).content }
    #expect(contents.allSatisfy { $0.contains("The roof is sound.") })
    #expect(contents.contains { $0.contains("On timing, begin now.") && $0.contains("changed my mind") })
    #expect(contents.contains { $0.contains("On timing, wait.") && $0.contains("I stay") })
  }

  @Test("a schema of the client's own is followed")
  func schema() throws {
    let schema: JSON = [
      "type": "object",
      "properties": [
        "name": ["type": "string"], "count": ["type": "integer", "minimum": 3],
        "kind": ["enum": ["x", "y"]], "list": ["type": "array", "items": ["$ref": "#/$defs/item"]],
      ], "$defs": ["item": ["type": "boolean"]],
    ]
    let body = Requests.chat(
      "Fill it in.",
      [("response_format", ["type": "json_schema", "json_schema": ["name": "mine", "schema": schema]])])
    #expect(
      try JSON.parse(Requests.completion(body).content)
        == ["name": "simulated", "count": 3, "kind": "x", "list": [true]])
  }

  @Test("a schema that refers to itself ends")
  func recursive() {
    let schema: JSON = ["type": "object", "properties": ["next": ["$ref": "#"]]]
    #expect(SchemaInstance.of(schema).text.utf8.count < 1000)
  }
}
