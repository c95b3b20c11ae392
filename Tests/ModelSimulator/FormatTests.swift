import Deliberation
import Testing
import Web

@testable import ModelSimulator
@testable import Models

/// Both wire formats, written and read by the client that the model-caller uses.
@Suite struct FormatTests {
  private func read(
    _ text: String, _ format: Format, model: String = "a/one", streams: Bool, tools: JSON? = nil,
    messages: [JSON] = [], parameters: JSONObject = JSONObject()
  ) throws -> (answer: ProviderAnswer, error: JSON?, isDone: Bool) {
    let request = ProviderRequest(
      model: model, messages: .array(messages + [["role": "user", "content": .string(text)]]), tools: tools,
      parameters: parameters, streams: streams)
    let body = format == .anthropic ? AnthropicRequest.body(request) : OpenAIRequest.body(request, forRouter: false)
    let reading = try Direction.read(Direction.Asked(format: format, body: body))
    var direction = Direction(defaultLatency: 0)
    let script = direction.script(for: reading, direction.manner(for: reading, now: 0), epoch: 1000)
    var reader: any FormatReader = format == .anthropic ? AnthropicAnswer() : OpenAIAnswer()
    if streams {
      var parser = SSEParser()
      for event in parser.feed(script.bytes) where event.text != "[DONE]" {
        if reader.text(of: event.data) == nil { _ = reader.event(try JSON.parse(event.data), event.data) }
      }
    } else {
      reader.whole(try JSON.parse(script.bytes))
    }
    return (reader.answer, reader.error, reader.isDone)
  }

  @Test("in every format, streamed or not, a model says the same", arguments: [Format.openAI, .anthropic])
  func same(format: Format) throws {
    let plain = try Requests.completion(Requests.chat("Why is the sky blue?", model: "a/one"))
    for streams in [true, false] {
      let answer = try read("Why is the sky blue?", format, streams: streams).answer
      #expect(answer.content == plain.content)
      #expect(answer.finishReason == "stop")
      #expect(answer.usage?.completion == plain.usage?.completion)
      #expect(answer.usage?.prompt == plain.usage?.prompt)
    }
  }

  @Test("functions are called in every format", arguments: [Format.openAI, .anthropic])
  func tools(format: Format) throws {
    for streams in [true, false] {
      let answer = try read(
        "Why? [call get_weather {\"city\":\"Oslo\"}] [use fusion]", format, streams: streams,
        tools: [Requests.function("get_weather"), Requests.function("fusion")]
      ).answer
      #expect(answer.toolCalls.map(\.name) == ["get_weather", "fusion"])
      #expect(try JSON.parse(answer.toolCalls.first?.arguments ?? "") == ["city": "Oslo"])
      #expect(answer.finishReason == "tool_calls")
    }
  }

  private func refusal(_ content: JSON, choice: JSON = ["type": "auto"]) -> String? {
    let body: JSON = [
      "model": "simulator/model-a", "max_tokens": 3_000, "tool_choice": choice,
      "thinking": ["type": "enabled", "budget_tokens": 2_000],
      "messages": [
        ["role": "user", "content": "Why?"], ["role": "assistant", "content": content],
        ["role": "user", "content": [["type": "tool_result", "tool_use_id": "t", "content": "so"]]],
      ],
    ]
    do throws(Direction.Refused) {
      _ = try Direction.read(Direction.Asked(format: .anthropic, body: body.bytes))
      return nil
    } catch {
      return "\(error.refusal.status) \(error.refusal.parameter ?? "")"
    }
  }

  @Test("a model that thinks in Anthropic's format wants back what it thought before a tool, signed, and is not forced")
  func thoughts() throws {
    let use: JSON = ["type": "tool_use", "id": "t", "name": "look", "input": [:]]
    #expect(refusal([["type": "thinking", "thinking": "hm", "signature": "simulated"], use]) == nil)
    #expect(refusal([["type": "redacted_thinking", "data": "x"], use]) == nil)
    #expect(refusal([["type": "text", "text": "done"]]) == nil)
    #expect(refusal([use]) == "400 messages[1].content")
    #expect(refusal([["type": "thinking", "thinking": "hm", "signature": ""], use]) == "400 messages[1].content")
    #expect(refusal([["type": "text", "text": "done"]], choice: ["type": "any"]) == "400 tool_choice")
    for streams in [true, false] {
      let answer = try read(
        "Why?", .anthropic, streams: streams, parameters: ["reasoning": ["effort": "low"]]
      ).answer
      #expect(answer.reasoningDetails.first?["signature"] == "simulated")
    }
  }

  @Test(
    "reasoning, cached tokens, refusals and unknown reasons are told in every format",
    arguments: [Format.openAI, .anthropic])
  func extras(format: Format) throws {
    for streams in [true, false] {
      let reasoning = try read("Why is that?", format, model: "simulator/reasoning+cached-2", streams: streams).answer
      #expect(!reasoning.reasoning.isEmpty)
      #expect(reasoning.usage?.cached == 2)
      let refused = try read("Why?", format, model: "simulator/filter", streams: streams).answer
      #expect(refused.finishReason == "content_filter")
      let odd = try read("Why?", format, model: "simulator/finish-banana", streams: streams).answer
      #expect(odd.nativeFinishReason == "banana")
      let endless = try read("Why?", format, model: "simulator/no-finish", streams: streams).answer
      #expect(endless.finishReason == nil && !endless.content.isEmpty)
    }
  }

  @Test("an error in the middle of a stream is seen in every format", arguments: [Format.openAI, .anthropic])
  func middle(format: Format) throws {
    let (answer, error, _) = try read("Why?", format, model: "simulator/error-mid-stream", streams: true)
    #expect(error != nil)
    #expect(answer.content.hasPrefix("[simulated]"))
  }

  @Test("Anthropic's turns, results and tool choices are read")
  func anthropic() throws {
    let body: JSON = [
      "model": "a/one", "system": [["type": "text", "text": "Be brief."]],
      "messages": [
        ["role": "user", "content": "Why?"],
        ["role": "assistant", "content": [["type": "tool_use", "id": "1", "name": "f", "input": [:]]]],
        [
          "role": "user",
          "content": [["type": "tool_result", "tool_use_id": "1", "content": [["type": "text", "text": "blue"]]]],
        ],
      ],
      "tools": [["name": "f", "input_schema": ["type": "object"]]], "tool_choice": ["type": "any"],
    ]
    let request = try ChatRequest(body, .anthropic)
    #expect(request.turns.map(\.role) == ["system", "user", "assistant", "tool"])
    #expect(request.toolResults == ["blue"])
    #expect(request.functions.map(\.name) == ["f"])
    #expect(request.toolChoice == .required)
  }

  @Test("Anthropic's errors have its own shape")
  func errors() throws {
    let asked = Direction.Asked(
      format: .anthropic,
      body: (["model": "simulator/status-529", "messages": [["role": "user", "content": "Why?"]]] as JSON).bytes)
    let reading = try Direction.read(asked)
    var direction = Direction(defaultLatency: 0)
    let script = direction.script(for: reading, direction.manner(for: reading, now: 0), epoch: 0)
    #expect(script.status == 529)
    #expect(try JSON.parse(script.bytes)["error"]?["type"] == "overloaded_error")
  }
}
