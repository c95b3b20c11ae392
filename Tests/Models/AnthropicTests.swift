import Deliberation
import Models
import Testing
import Web

@Suite struct AnthropicTests {
  private let settings = ProviderSettings(
    name: "anthropic", baseURL: "https://api.example/v1/", format: .anthropic, key: Secret("sk-ant-1234567"))

  private func body(_ request: ProviderRequest) throws -> JSON {
    try JSON.parse(settings.request(request, total: .seconds(60), maxBodyBytes: 1_000).body)
  }

  @Test func `a conversation becomes one that Anthropic takes`() throws {
    let json = try body(
      ProviderRequest(
        model: "claude",
        messages: [
          ["role": "system", "content": "Be brief."],
          ["role": "user", "content": "What is it?"],
          ["role": "user", "content": [["type": "image_url", "image_url": ["url": "data:image/png;base64,QUJD"]]]],
          [
            "role": "assistant", "content": "",
            "tool_calls": [["id": "t1", "type": "function", "function": ["name": "look", "arguments": "{\"a\":1}"]]],
          ],
          ["role": "tool", "tool_call_id": "t1", "content": "a cat"],
          ["role": "assistant", "content": "It is"],
        ],
        tools: [["type": "function", "function": ["name": "look", "parameters": ["type": "object"]]]],
        parameters: ["max_completion_tokens": 100, "temperature": 1.5, "tool_choice": "required", "stop": "END"]))
    #expect(json["system"]?[0]?["text"]?.string == "Be brief.")
    #expect(json["max_tokens"]?.int == 100)
    #expect(json["temperature"]?.number == 1)
    #expect(json["stop_sequences"] == ["END"])
    #expect(json["tool_choice"]?["type"]?.string == "any")
    #expect(json["tools"]?[0]?["input_schema"] == ["type": "object"])
    #expect(json["stream"]?.bool == true)
    let messages = try #require(json["messages"]?.array)
    #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user", "assistant", "user"])
    #expect(messages[0]["content"]?.array?.count == 2)
    #expect(messages[0]["content"]?[1]?["source"]?["media_type"]?.string == "image/png")
    #expect(messages[0]["content"]?[1]?["source"]?["data"]?.string == "QUJD")
    #expect(messages[1]["content"]?[0]?["input"] == ["a": 1])
    #expect(messages[2]["content"]?[0]?["tool_use_id"]?.string == "t1")
  }

  private static let thought = """
    data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}\n
    data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}\n
    data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":", yes"}}\n
    data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}\n
    data: {"type":"content_block_stop","index":0}\n
    data: {"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"xyz"}}\n
    data: {"type":"content_block_stop","index":1}\n
    data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"look"}}\n
    data: {"type":"content_block_stop","index":2}\n
    data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}\n
    data: {"type":"message_stop"}\n\n
    """

  private static let whole = """
    {"content": [{"type": "thinking", "thinking": "hm, yes", "signature": "sig"},
     {"type": "redacted_thinking", "data": "xyz"}, {"type": "tool_use", "id": "t1", "name": "look", "input": {}}],
     "stop_reason": "tool_use"}
    """

  @Test(arguments: [("text/event-stream", Self.thought), ("application/json", Self.whole)])
  func `what it thought goes back to it before its tools' results, signed as it was`(
    _ type: String, _ text: String
  ) throws {
    var reader = AnswerReader(format: .anthropic, scrubber: Scrubber(), limit: 10_000)
    reader.head(status: 200, headers: [("content-type", type)])
    _ = reader.feed(Array(text.utf8))
    #expect(reader.end(now: Moment(milliseconds: 0)) == nil)
    let answer = reader.answer
    #expect(answer.reasoning == "hm, yes")
    let turn: JSON = [
      "role": "assistant", "content": .null, "tool_calls": .array(answer.toolCalls.map(\.json)),
      "reasoning_details": .array(answer.reasoningDetails),
    ]
    let result: JSON = ["role": "tool", "tool_call_id": "t1", "content": "a cat"]
    let json = try body(
      ProviderRequest(
        model: "claude", messages: [["role": "user", "content": "What is it?"], turn, result],
        tools: [["type": "function", "function": ["name": "look"]]],
        parameters: ["reasoning": ["effort": "high"], "tool_choice": "required"]))
    let blocks: JSON = [
      ["type": "thinking", "thinking": "hm, yes", "signature": "sig"], ["type": "redacted_thinking", "data": "xyz"],
      ["type": "tool_use", "id": "t1", "name": "look", "input": [:]],
    ]
    #expect(json["messages"]?[1]?["content"] == blocks)
    #expect(json["thinking"]?["type"] == "enabled")
    #expect(json["tool_choice"] == ["type": "auto"])
  }

  @Test(arguments: [
    "[]", #"[{"type": "reasoning.text", "text": "hm"}]"#,
    #"[{"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1"}]"#,
  ])
  func `where the thoughts before a tool are missing, or another's, the turn goes without thinking`(
    _ details: String
  ) throws {
    let call: JSON = ["id": "t1", "type": "function", "function": ["name": "look", "arguments": "{}"]]
    let turn: JSON = ["role": "assistant", "reasoning_details": try JSON.parse(details), "tool_calls": [call]]
    let json = try body(
      ProviderRequest(
        model: "claude",
        messages: [
          ["role": "user", "content": "What is it?"], turn,
          ["role": "tool", "tool_call_id": "t1", "content": "a cat"],
        ], parameters: ["reasoning": ["effort": "high"], "temperature": 0.5]))
    #expect(json["thinking"] == nil)
    #expect(json["temperature"]?.number == 0.5)
    #expect(json["messages"]?[1]?["content"]?.array?.count == 1)
  }

  @Test func `the key goes into its own header, and the version with it`() {
    let request = settings.request(
      ProviderRequest(model: "c", messages: [], headers: [("x-conclave-call", "d/answer/0/-/0")]), total: .seconds(1),
      maxBodyBytes: 10)
    #expect(request.url == "https://api.example/v1/messages")
    #expect(request.headers.contains { $0 == ("x-api-key", "sk-ant-1234567") })
    #expect(request.headers.contains { $0.0 == "anthropic-version" })
    #expect(request.headers.contains { $0 == ("x-conclave-call", "d/answer/0/-/0") })
    #expect(!request.headers.contains { $0.0 == "authorization" })
    #expect(!String(decoding: request.body, as: UTF8.self).contains("sk-ant"))
    #expect(request.timeouts.connect == .seconds(1))
  }

  @Test func `thinking has a budget below the bound of the answer, and no temperature`() throws {
    let json = try body(
      ProviderRequest(
        model: "c", messages: [["role": "user", "content": "x"]],
        parameters: ["max_completion_tokens": 10_000, "reasoning": ["effort": "high"], "temperature": 0.5]))
    #expect(json["thinking"]?["budget_tokens"]?.int == 8_000)
    #expect(json["temperature"] == nil)
    #expect((json["max_tokens"]?.int ?? 0) > 8_000)
  }

  @Test func `a schema for the answer is said in words`() throws {
    let json = try body(
      ProviderRequest(
        model: "c", messages: [["role": "user", "content": "x"]],
        responseFormat: ["type": "json_schema", "json_schema": ["schema": ["type": "array"]]]))
    #expect(json["system"]?[0]?["text"]?.string?.contains(#"{"type":"array"}"#) == true)
  }

  private func read(_ body: String, type: String = "text/event-stream") -> (
    ProviderAnswer, ProviderFailure?, AnswerDelta
  ) {
    var reader = AnswerReader(format: .anthropic, scrubber: Scrubber(), limit: 100_000)
    reader.head(status: 200, headers: [("content-type", type)])
    var delta = AnswerDelta()
    for byte in body.utf8 { if let piece = reader.feed([byte]) { delta.append(piece) } }
    return (reader.answer, reader.end(now: Moment(milliseconds: 0)), delta)
  }

  @Test func `a stream of events becomes an answer`() {
    let (answer, failure, delta) = read(
      #"""
      event: message_start
      data: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}

      event: ping
      data: {"type":"ping"}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

      data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"well"}}

      data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

      data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes"}}

      data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}}

      data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"q\""}}

      data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":":1}"}}

      data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":42}}

      data: {"type":"message_stop"}


      """#)
    #expect(failure == nil)
    #expect(answer.content == "Yes")
    #expect(answer.reasoning == "well")
    #expect(answer.toolCalls == [ToolCall(id: "t1", name: "look", arguments: "{\"q\":1}")])
    #expect(answer.finishReason == "tool_calls")
    #expect(answer.usage == TokenUsage(prompt: 15, completion: 42, cached: 5))
    #expect(delta.text == "Yes")
    #expect(delta.toolCalls.count == 3)
  }

  @Test func `a refusal is a content filter`() {
    let (_, failure, _) = read(
      #"{"type":"message","content":[],"stop_reason":"refusal","usage":{}}"#, type: "application/json")
    #expect(failure?.reason == .contentFilter)
  }

  @Test func `an overloaded provider in the middle of a stream is tried elsewhere or later`() {
    let (_, failure, _) = read(
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
    )
    #expect(failure?.reason == .upstreamError)
    #expect(failure?.status == 529)
    #expect(failure?.remedy == .later)
  }

  @Test func `a stream that ends early is a failure`() {
    let (answer, failure, _) = read(
      "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Ye\"}}\n\n")
    #expect(failure?.reason == .upstreamError)
    #expect(answer.content == "Ye")
  }
}
