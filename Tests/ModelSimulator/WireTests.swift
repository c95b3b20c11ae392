import Deliberation
import Testing
import Web

@testable import ModelSimulator

@Suite struct WireTests {
  private func events(_ bytes: [UInt8]) -> [SSEEvent] {
    var parser = SSEParser()
    return parser.feed(bytes)
  }

  private func content(_ events: [SSEEvent]) throws -> String {
    try events.filter { $0.text != "[DONE]" }.map {
      try JSON.parse($0.data)["choices"]?[0]?["delta"]?["content"]?.string ?? ""
    }.joined()
  }

  @Test("the deltas of a stream join to the content of the whole answer, and usage comes last")
  func stream() throws {
    let whole = try JSON.parse(Requests.script(Requests.chat("Why is the sky blue?")).bytes)
    let script = try Requests.script(Requests.chat("Why is the sky blue?", stream: true))
    let events = events(script.bytes)
    #expect(script.header("content-type") == "text/event-stream")
    #expect(try content(events) == whole["choices"]?[0]?["message"]?["content"]?.string)
    #expect(events.last?.text == "[DONE]")
    #expect(try JSON.parse(events[events.count - 2].data)["usage"] == whole["usage"])
    #expect(try JSON.parse(events[events.count - 3].data)["choices"]?[0]?["finish_reason"] == "stop")
    #expect(whole["usage"]?["prompt_tokens"]?.int == 5)
  }

  @Test("no usage chunk comes where the client wants none")
  func withoutUsage() throws {
    let body = Requests.chat("Why?", stream: true, [("stream_options", ["include_usage": false])])
    #expect(!(try Requests.script(body).text.contains("usage")))
  }

  @Test(
    "however the events are written, they say the same",
    arguments: ["crlf", "split", "comments", "multi-line", "crlf+multi-line+comments+split", "drip-1", "pace-100"])
  func written(parts: String) throws {
    // The name is the personality: the plain model of that name says the same as the one that writes differently.
    let name = "simulator/model-x+\(parts)"
    let plain = try Requests.completion(Requests.chat("Why is the sky blue?", model: name)).content
    let script = try Requests.script(Requests.chat("Why is the sky blue?", model: name, stream: true))
    let events = events(script.bytes)
    #expect(try content(events) == plain)
    #expect(events.last?.text == "[DONE]")
  }

  @Test("a stream without [DONE] has its finish reason, one without finish reason has neither")
  func ends() throws {
    let noDone = try Requests.script(Requests.chat("Why?", model: "simulator/no-done", stream: true)).text
    #expect(!noDone.contains("[DONE]") && noDone.contains("\"finish_reason\":\"stop\""))
    let noFinish = try Requests.script(Requests.chat("Why?", model: "simulator/no-finish", stream: true)).text
    #expect(!noFinish.contains("[DONE]") && !noFinish.contains("\"finish_reason\":\"stop\""))
  }

  @Test("a paced stream takes the time that its words take")
  func paced() throws {
    let script = try Requests.script(Requests.chat("Why?", model: "simulator/pace-3+words-30", stream: true))
    guard case .answer(_, _, .pieces(let pieces, .finished)) = script.act else {
      Issue.record("not in pieces")
      return
    }
    let words = pieces.filter { String(decoding: $0.bytes, as: UTF8.self).contains("\"delta\":{\"content\"") }.count
    #expect(words == 31)
    #expect(pieces.reduce(0) { $0 + $1.milliseconds } >= (words - 1) * 1000 / 3)
  }

  @Test("a call is streamed with its name first and its arguments in pieces")
  func toolCall() throws {
    let body = Requests.chat(
      "Why? [call f {\"a\":\"bcd\"}]", stream: true, [("tools", [Requests.function("f")])])
    let deltas = try events(Requests.script(body).bytes).filter { $0.text != "[DONE]" }.compactMap {
      try JSON.parse($0.data)["choices"]?[0]?["delta"]?["tool_calls"]?[0]
    }
    #expect(deltas.first?["function"]?["name"] == "f")
    #expect(deltas.compactMap { $0["function"]?["arguments"]?.string }.joined() == "{\"a\":\"bcd\"}")
    #expect(deltas.count == 3)
  }

  @Test(
    "a failing model fails with its status and an error body",
    arguments: [
      ("status-503", 503, "service_unavailable"), ("quota", 429, "insufficient_quota"),
      ("credits", 402, "insufficient_credits"), ("context-400", 400, "context_length_exceeded"),
    ])
  func failing(part: String, status: Int, code: String) throws {
    let script = try Requests.script(Requests.chat("Why?", model: "simulator/\(part)"))
    #expect(script.status == status)
    #expect(try JSON.parse(script.bytes)["error"]?["code"]?.string == code)
  }

  @Test("Retry-After is told in seconds or as a date")
  func retryAfter() throws {
    let seconds = try Requests.script(Requests.chat("Why?", model: "simulator/retry-after-7"))
    #expect(seconds.status == 429)
    #expect(seconds.header("retry-after") == "7")
    let date = try Requests.script(Requests.chat("Why?", model: "simulator/retry-after-date-7"))
    #expect(date.header("retry-after") == "Thu, 01 Jan 1970 00:16:47 GMT")
  }

  @Test("half of an answer is cut, a stalled one keeps silent, a hang-up says nothing")
  func cut() throws {
    let whole = try Requests.script(Requests.chat("Why?", model: "simulator/half+model-x", stream: true))
    guard case .answer(200, _, .pieces(let pieces, .cut)) = whole.act else {
      Issue.record("not cut")
      return
    }
    #expect(!String(decoding: pieces[0].bytes, as: UTF8.self).contains("[DONE]"))
    let stalled = try Requests.script(Requests.chat("Why?", model: "simulator/stall"))
    guard case .answer(200, _, .pieces(_, .silent)) = stalled.act else {
      Issue.record("not silent")
      return
    }
    guard case .hangUp = try Requests.script(Requests.chat("Why?", model: "simulator/hangup")).act else {
      Issue.record("no hang-up")
      return
    }
  }

  @Test("invalid UTF-8 and lone surrogates reach the wire")
  func bytes() throws {
    let invalid = try Requests.script(Requests.chat("Why?", model: "simulator/invalid-utf8"))
    #expect(invalid.bytes.contains(0xff))
    #expect(throws: JSONError.self) { try JSON.parse(invalid.bytes) }
    let control = try Requests.script(Requests.chat("Why?", model: "simulator/control"))
    #expect(control.text.contains("\\ud83d") && control.text.contains("\\u0001"))
    #expect(throws: Never.self) { try JSON.parse(control.bytes) }
  }

  @Test("an answer of many megabytes is an answer, an endless one has no end", arguments: [true, false])
  func flood(stream: Bool) throws {
    let script = try Requests.script(Requests.chat("Why?", model: "simulator/big-50mb", stream: stream))
    guard case .answer(200, _, .flood(let head, let block, let bytes, let tail)) = script.act else {
      Issue.record("no flood")
      return
    }
    #expect(bytes == 50_000_000)
    #expect(block.count < 64_000)
    let body = head + block + block + tail
    if stream {
      #expect(try content(events(body)).utf8.count > 2 * 3000)
      #expect(events(body).last?.text == "[DONE]")
    } else {
      #expect(try JSON.parse(body)["choices"]?[0]?["message"]?["content"]?.string?.hasPrefix("and so on") == true)
    }
    guard
      case .answer(_, _, .flood(_, _, nil, _)) = try Requests.script(
        Requests.chat("Why?", model: "simulator/endless", stream: stream)
      ).act
    else {
      Issue.record("endless has an end")
      return
    }
  }

  @Test("latency is what the name says, within its range and the same again, else the default")
  func latency() throws {
    func pause(_ model: String, _ text: String = "Why?") throws -> Int {
      try Requests.script(Requests.chat(text, model: model), latency: 40).milliseconds
    }
    #expect(try pause("acme/one") == 40)
    #expect(try pause("simulator/latency-5") == 5)
    let pauses = try (0..<200).map { try pause("simulator/latency-300-3000", "Why \($0)?") }
    #expect(pauses.allSatisfy { (300...3000).contains($0) })
    #expect(Set(pauses).count > 150)
    #expect(try pause("simulator/latency-300-3000", "Why 7?") == pauses[7])
  }

  @Test("usage, cost, cached tokens and reasoning are told where the name asks for them")
  func usage() throws {
    func usage(_ model: String) throws -> JSON? {
      try JSON.parse(Requests.script(Requests.chat("Why is that?", model: model)).bytes)["usage"]
    }
    #expect(try usage("acme/one")?["cost"] == nil)
    #expect(try usage("simulator/cost-0.25")?["cost"]?.number == 0.25)
    #expect((try usage("simulator/cost")?["cost"]?.number ?? 0) > 0)
    #expect(try usage("simulator/cached-2")?["prompt_tokens_details"]?["cached_tokens"]?.int == 2)
    #expect((try usage("simulator/reasoning")?["completion_tokens_details"]?["reasoning_tokens"]?.int ?? 0) > 0)
    #expect(try usage("simulator/no-usage") == nil)
  }
}
