import Deliberation
import Models
import Testing

@Suite struct AnswerReaderTests {
  private static let now = Moment(milliseconds: 1_790_000_000_000)

  /// Feeds a body in pieces of `size` bytes and ends it.
  private static func read(
    _ body: String, format: ProviderFormat = .openai, status: Int = 200, type: String = "text/event-stream",
    headers: [(String, String)] = [], size: Int = 7, limit: Int = 1_000_000
  ) -> (answer: ProviderAnswer, failure: ProviderFailure?, delta: AnswerDelta) {
    var reader = AnswerReader(format: format, scrubber: Scrubber([Secret("sk-live-12345")]), limit: limit)
    reader.head(status: status, headers: [("content-type", type)] + headers)
    var delta = AnswerDelta()
    let bytes = Array(body.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      if let piece = reader.feed(Array(bytes[start..<min(bytes.count, start + size)])) { delta.append(piece) }
    }
    let failure = reader.end(now: now)
    return (reader.answer, failure, delta)
  }

  private static let stream = """
    : OPENROUTER PROCESSING\r
    \r
    data: {"id":"x","model":"m-1","provider":"Acme","choices":[{"index":0,"delta":{"role":"assistant","content":"Grü"}}]}\r
    \r
    data: {"choices":[{"index":0,"delta":{"reasoning":"hm","content":"ß"}}]}\n
    data: {"choices":[{"index":0,\ndata: "delta":{"content":"!"},"finish_reason":"stop"}]}\n
    data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.5,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}\n
    data: [DONE]\n\n
    """

  @Test(arguments: [1, 2, 3, 7, 64, 10_000])
  func `a stream is read the same wherever it is cut`(_ size: Int) {
    let (answer, failure, delta) = Self.read(Self.stream, size: size)
    #expect(failure == nil)
    #expect(answer.content == "Grüß!")
    #expect(answer.reasoning == "hm")
    #expect(answer.model == "m-1")
    #expect(answer.servedBy == "Acme")
    #expect(answer.usage == TokenUsage(prompt: 3, completion: 4, cached: 2, reasoning: 1, cost: 0.5))
    #expect(delta.text == "Grüß!")
  }

  @Test func `tool calls come whole from their pieces`() {
    let (answer, failure, delta) = Self.read(
      #"""
      data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}]}}]}

      data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"q\":"}},{"index":1,"id":"c2","function":{"name":"go","arguments":"{}"}}]}}]}

      data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}

      """# + "\n")
    #expect(failure == nil)
    #expect(
      answer.toolCalls == [
        ToolCall(id: "c1", name: "look", arguments: "{\"q\":1}"), ToolCall(id: "c2", name: "go", arguments: "{}"),
      ])
    #expect(delta.toolCalls.count == 4)
  }

  @Test func `an answer that comes whole though a stream was asked for is read whole`() {
    for type in ["application/json; charset=utf-8", "text/plain", "text/event-stream"] {
      let (answer, failure, _) = Self.read(
        #" {"model":"m","choices":[{"message":{"content":"yes","tool_calls":[]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
        type: type)
      #expect(failure == nil)
      #expect(answer.content == "yes")
    }
  }

  @Test func `a stream that is called something else is read as a stream`() {
    for type in ["application/json", "text/plain", ""] {
      #expect(Self.read(Self.stream, type: type).answer.content == "Grüß!")
    }
  }

  @Test func `a finish reason makes a stream complete without its last line, and none makes it a failure`() {
    let piece = #"data: {"choices":[{"delta":{"content":"half"}}]}"# + "\n\n"
    let (answer, failure, _) = Self.read(piece)
    #expect(failure?.reason == .upstreamError)
    #expect(failure?.remedy == .later)
    #expect(answer.content == "half")
    #expect(Self.read(piece + #"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"# + "\n\n").failure == nil)
    #expect(Self.read(piece + "data: [DONE]\n\n").failure?.reason == .upstreamError)
  }

  @Test func `a broken transfer counts as complete only where the model had finished`() {
    let cut = ProviderFailure(.upstreamError, message: "cut", remedy: .later)
    for (reason, isComplete) in [("null", false), ("\"stop\"", true)] {
      var reader = AnswerReader(format: .openai, scrubber: Scrubber(), limit: 1_000)
      reader.head(status: 200, headers: [("content-type", "text/event-stream")])
      _ = reader.feed(
        Array("data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\(reason)}]}\n\n".utf8))
      #expect((reader.cut(cut, now: Self.now) == nil) == isComplete)
      #expect(reader.answer.content == "x")
    }
  }

  @Test(arguments: [
    "data: {\"choices\": [{\"del\n\n", "data: {\"error\":{\"code\":502,\"message\":\"lost\"}}\n\n",
    "data: {\"choices\":[{\"delta\":{},\"error\":{\"code\":502}}]}\n\n", "data: <html>\n\n",
    "data: \(String(repeating: "x", count: 1_000))\n\n", "event: \(String(repeating: "x", count: 1_000))",
  ])
  func `after the finish reason nothing spoils an answer`(_ rest: String) {
    let text = #"data: {"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}"# + "\n\n"
    let (answer, failure, _) = Self.read(text + rest + "data: [DONE]\n\n", limit: 500)
    #expect(failure == nil, "\(String(describing: failure))")
    #expect(answer.content == "all")
    let early = #"data: {"choices":[{"delta":{"content":"all"},"finish_reason":null}]}"# + "\n\n"
    #expect(Self.read(early + rest, limit: 500).failure != nil)
  }

  @Test func `the same for Anthropic's events`() {
    let text = """
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"all"}}\n
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n
      data: {"type":"error","error":{"type":"overloaded_error","message":"late"}}\n\n
      """
    let (answer, failure, _) = Self.read(text, format: .anthropic)
    #expect(failure == nil)
    #expect(answer.content == "all")
  }

  @Test func `a date to come back at is measured from now, also beside an error with status 200`() {
    let date = ("Retry-After", "Mon, 21 Sep 2026 14:13:30 GMT")
    for status in [200, 429] {
      let (_, failure, _) = Self.read(
        #"{"error":{"code":429,"message":"slow down"}}"#, status: status, type: "application/json", headers: [date])
      #expect(failure?.reason == .rateLimited)
      #expect(failure?.retryAfter == 10_000)
    }
  }

  @Test func `an unknown finish reason keeps the answer`() {
    let (answer, failure, _) = Self.read(
      #"{"choices":[{"message":{"content":"yes"},"finish_reason":"eos_token"}]}"#, type: "application/json")
    #expect(failure == nil)
    #expect(answer.finishReason == "stop")
    #expect(answer.nativeFinishReason == "eos_token")
  }

  @Test(arguments: [
    ("<html><body>Welcome</body></html>", "text/html", FailureReason.upstreamError, "HTML"),
    ("", "text/html", .upstreamError, "nothing else"),
    ("{\"choices\": [", "application/json", .upstreamError, "not valid JSON"),
    ("{\"hello\": 1}", "application/json", .upstreamError, "no finish reason"),
    ("null", "application/json", .upstreamError, "no finish reason"),
    ("data: {oops\n\n", "text/event-stream", .upstreamError, "not valid JSON"),
    (#"{"error":{"message":"slow down","code":429}}"#, "application/json", .rateLimited, "slow down"),
    (#"{"error":{"message":"bad","type":"invalid_request_error"}}"#, "application/json", .invalidRequest, "bad"),
    (
      #"data: {"error":{"code":502,"message":"gone"},"choices":[{"delta":{},"finish_reason":"error"}]}"# + "\n\n",
      "text/event-stream", .upstreamError, "gone"
    ),
    (
      #"{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}"#, "application/json",
      .contentFilter, "filter"
    ),
    (
      #"{"choices":[{"message":{"content":null,"refusal":"I will not."},"finish_reason":"stop"}]}"#,
      "application/json", .contentFilter, "I will not."
    ),
    (
      #"{"choices":[{"message":{"content":"a"},"finish_reason":"error"}]}"#, "application/json", .upstreamError,
      "error"
    ),
  ])
  func `what is no answer, though its status is 200, is a failure that says why`(
    _ body: String, _ type: String, _ reason: FailureReason, _ says: String
  ) {
    let (_, failure, _) = Self.read(body, type: type)
    #expect(failure?.reason == reason)
    #expect(failure?.message.contains(says) == true, "\(failure?.message ?? "")")
  }

  @Test func `more than the limit is too large, and is not kept`() {
    let (answer, failure, _) = Self.read(
      "data: {\"choices\":[{\"delta\":{\"content\":\"\(String(repeating: "x", count: 5_000))\"}}]}\n\n", limit: 1_000)
    #expect(failure?.reason == .tooLarge)
    #expect(failure?.remedy == ProviderFailure.Remedy.none)
    #expect(answer.content.isEmpty)
  }

  @Test(arguments: [1, 3, 7, 1_000], ["application/json", "text/plain", ""])
  func `a byte order mark before an answer or an error says nothing, wherever it is cut`(_ size: Int, _ type: String) {
    let answer = Self.read(
      "\u{FEFF}{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}", type: type, size: size)
    #expect(answer.failure == nil)
    #expect(answer.answer.content == "yes")
    for marks in [1, 30] {
      let error = Self.read(
        String(repeating: "\u{FEFF}", count: marks) + "{\"error\":{\"message\":\"slow down\",\"code\":429}}",
        type: type,
        size: size)
      #expect(error.failure?.reason == .rateLimited, "\(marks)")
    }
  }

  @Test func `a character that a provider cut in two does not lose the answer`() {
    var reader = AnswerReader(format: .openai, scrubber: Scrubber(), limit: 1_000)
    reader.head(status: 200, headers: [("content-type", "application/json")])
    _ = reader.feed(
      Array(#"{"choices":[{"message":{"content":"a"#.utf8) + [0xC3] + Array(#"b"},"finish_reason":"stop"}]}"#.utf8))
    #expect(reader.end(now: Self.now) == nil)
    #expect(reader.answer.content == "a\u{FFFD}b")
    #expect(reader.answer.isRepaired)
    #expect(!Self.read(Self.stream).answer.isRepaired)
  }

  @Test func `random bytes never crash the reader, and never make an answer`() {
    var random = SystemRandomNumberGenerator()
    let pieces: [[UInt8]] = [
      Array("data: ".utf8), Array("\n\n".utf8), Array("{\"choices\":[".utf8), Array("{\"delta\":{\"content\":".utf8),
      Array("\"x\"}}".utf8), Array("]}".utf8), Array("[DONE]".utf8), [0xFF, 0x00], Array("\r".utf8),
      Array("event: error".utf8),
    ]
    for round in 0..<3_000 {
      var reader = AnswerReader(
        format: round % 2 == 0 ? .openai : .anthropic, scrubber: Scrubber(), limit: 10_000)
      reader.head(status: 200, headers: [("content-type", ["text/event-stream", "application/json", ""][round % 3])])
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        _ = reader.feed(pieces[Int.random(in: 0..<pieces.count, using: &random)])
      }
      #expect(reader.end(now: Self.now) != nil)
    }
  }
}
