import Bus
import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// A caller over a broker and the simulator, all of them real.
  @Suite(.serialized, .timeLimit(.minutes(5))) struct RunningTests {
    private static let simulator = Result { try SimulatorProcess() }
    private let simulator: SimulatorProcess

    init() throws { simulator = try Self.simulator.get() }

    private func stage() async throws -> Stage { try await Stage(simulator.url) }

    /// One caller for all tests that only ask what becomes of a command.
    private static let shared = Task {
      let stage = try await Stage(try simulator.get().url)
      var via: [String: [String]] = [:]
      for provider in ["sim", "whole", "messages"] {
        via["\(provider)/plain"] = ["\(provider) simulator/model-p"]
        via["\(provider)/long"] = ["\(provider) simulator/tool-long+words-4000+pace-2000"]
        for part in odd { via["\(provider)/\(part)"] = ["\(provider) simulator/\(part)+model-odd"] }
      }
      let whole = ProviderSettings(name: "whole", baseURL: try simulator.get().url, streams: false)
      let caller = try stage.caller("shared", via: via, others: [whole])
      await caller.ready()
      return (stage, caller)
    }

    @Test func `a command becomes a completed call on the log`() async throws {
      let stage = try await stage()
      let caller = try stage.caller("a")
      await caller.ready()
      let call = try await stage.command("simulator/model-a+cost-0.25+latency-50", depth: 1)
      let outcome = try await stage.outcome(call)
      #expect(outcome["content"]?.string?.hasPrefix("[simulated]") == true)
      #expect(outcome["cost"]?.number == 0.25)
      #expect(outcome["tries"]?.array?.count == 1)
      let record = try #require(stage.events.records.first)
      #expect(record.key == Array(call.deliberation.utf8))
      let envelope = try Envelope(record.headers)
      #expect(envelope.id == IDs.event(call.deliberation, "call.completed", call.local))
      #expect(envelope.subject == call.deliberation)
      #expect(envelope.causation == IDs.command(call))
      #expect(envelope.instance == "a")
    }

    @Test func `a restarted caller makes no call again`() async throws {
      let stage = try await stage()
      let first = try stage.caller("a")
      await first.ready()
      var calls: [CallID] = []
      for _ in 0..<20 { calls.append(try await stage.command()) }
      await eventually("all have ended") { stage.events.count >= 20 }
      first.stop()
      let before = try await simulator.metric("conclave_simulator_requests_total")
      let second = try stage.caller("a")
      await second.ready()
      let last = try await stage.command()
      _ = try await stage.outcome(last)
      #expect(try await simulator.metric("conclave_simulator_requests_total") == before + 1)
      #expect(stage.events.count == 21)
    }

    @Test func `a caller that ends lets its calls end, and the next one neither repeats nor loses them`() async throws {
      let stage = try await stage()
      let first = try stage.caller("a")
      await first.ready()
      let repeated = try await simulator.metric("conclave_simulator_calls_repeated_total")
      var calls: [CallID] = []
      for _ in 0..<50 { calls.append(try await stage.command("simulator/model-a+latency-2500-4000")) }
      await eventually("all are in flight") { first.metric("conclave_calls_in_flight") == 50 }
      async let ending: Void = Task.detached { first.stop(within: .seconds(10)) }.value
      // partitions that are handed out change hands only after the last commit of who had them
      await eventually("the first names what goes on") { stage.signals.count > 0 }
      let second = try stage.caller("b")
      await second.ready()
      for _ in 0..<10 { calls.append(try await stage.command()) }
      for call in calls { _ = try await stage.outcome(call) }
      await ending
      await eventually("the second has nothing left") { second.metric("conclave_calls_held") == 0 }
      #expect(stage.ended == Set(calls.map(\.text)))
      #expect(stage.events.count == calls.count)
      #expect(try await simulator.metric("conclave_simulator_calls_repeated_total") == repeated)
    }

    @Test func `a cancellation stops a call within 100 ms, and one that comes first stops it before it begins`()
      async throws
    {
      let stage = try await stage()
      let early = CallID("early-\(UInt32.random(in: 0 ..< .max))", .panel, member: 0)
      try await stage.say(.cancelled(deliberation: early.deliberation, calls: nil))
      let caller = try stage.caller("a")
      await caller.ready()
      let requests = try await simulator.metric("conclave_simulator_requests_total")
      try await stage.command(call: early)
      #expect(try await stage.outcome(early)["reason"]?.string == "cancelled")
      #expect(try await simulator.metric("conclave_simulator_requests_total") == requests)
      let call = try await stage.command("simulator/model-a+latency-20000")
      await eventually("it runs") { caller.metric("conclave_calls_in_flight") == 1 }
      let begun = ContinuousClock.now
      try await stage.say(.cancelled(deliberation: call.deliberation, calls: [call.text]))
      let outcome = try await stage.outcome(call)
      #expect(outcome["reason"]?.string == "cancelled")
      #expect(outcome["cost"]?.number == 0)
      #expect(ContinuousClock.now - begun < .milliseconds(100))
    }

    @Test func `what is no command goes to dead letters, and the partition goes on`() async throws {
      let stage = try await stage()
      let caller = try stage.caller("a")
      await caller.ready()
      try await stage.raw(nil)
      try await stage.raw([0xFF, 0xFE])
      try await stage.raw(Array("{\"call\": 1}".utf8), headers: [Header("ce_id", "x")])
      try await stage.raw([UInt8](repeating: 0x61, count: 900_000))
      let call = try await stage.command()
      _ = try await stage.outcome(call)
      await eventually("four dead letters") { stage.deadLetters.count == 4 }
      #expect(stage.deadLetters.records.allSatisfy { $0.headers.contains { $0.name == "conclave-reason" } })
    }

    @Test(arguments: [
      ("status-400", "invalid_request", 1), ("status-401", "upstream_error", 1), ("credits", "insufficient_credits", 1),
      ("quota", "insufficient_credits", 1), ("filter", "content_filter", 1), ("filter-400", "content_filter", 1),
      ("refusal", "content_filter", 1), ("credits-400", "insufficient_credits", 1),
      ("context-400", "invalid_request", 1),
      ("big-50mb", "too_large", 1), ("endless", "too_large", 1), ("gzip-bomb", "too_large", 1),
      ("redirect", "upstream_error", 1),
    ])
    func `a provider's failure is told as what it is, and not tried again where that is no use`(
      _ part: String, _ reason: String, _ tries: Int
    ) async throws {
      let (stage, _) = try await Self.shared.value
      let call = try await stage.command("simulator/\(part)")
      let outcome = try await stage.outcome(call)
      #expect(
        outcome["reason"]?.string == reason, "\(outcome["message"]?.string ?? outcome.text.prefix(300).description)")
      #expect(outcome["tries"]?.array?.count == tries)
    }

    @Test(arguments: [
      "status-500", "status-503", "hangup", "half", "nothing", "html", "broken-json", "wrong-json", "error-200",
      "error-mid-stream", "no-finish", "status-429", "status-408", "status-409", "status-425", "retry-after-1",
      "retry-after-date-2",
    ])
    func `what may pass is tried again, until it has`(_ part: String) async throws {
      let (stage, _) = try await Self.shared.value
      let begun = ContinuousClock.now
      let call = try await stage.command("simulator/\(part)+fail-first-2")
      let outcome = try await stage.outcome(call)
      // twice a second, and twice to a date that has no parts of a second
      if part.hasPrefix("retry-after") { #expect(ContinuousClock.now - begun >= .seconds(2)) }
      #expect(outcome["content"]?.string?.hasPrefix("[simulated]") == true, "\(outcome.text.prefix(300))")
      // where a kept connection is closed without a byte, the client sends once more by itself
      let tries = outcome["tries"]?.array?.count ?? 0
      #expect(part == "hangup" ? (2...3).contains(tries) : tries == 3)
    }

    private static let odd = [
      "finish-banana", "no-done", "crlf", "split", "comments", "multi-line", "control", "invalid-utf8",
      "no-usage", "reasoning", "cached-3", "header-flood", "tool-not-offered", "tool-bad-arguments", "empty", "gzip",
      "broken-after-finish", "error-after-finish", "drip-1", "pace-200", "gzip+crlf+comments+multi-line",
    ]

    @Test(arguments: odd)
    func `what is odd but whole is an answer, and the same one however it comes`(_ part: String) async throws {
      let (stage, _) = try await Self.shared.value
      // the name is the personality: so both say the same, the one piece by piece and the other at once
      let model = "simulator/\(part)+model-odd"
      var answers: [JSON] = []
      for provider in ["sim", "whole", "messages"] {
        let outcome = try await stage.outcome(try await stage.command("\(provider)/\(part)", tools: Self.functions))
        #expect(outcome["reason"] == nil, "\(outcome["message"]?.string ?? "") of \(provider)")
        answers.append(outcome)
      }
      let (streamed, whole, messages) = (answers[0], answers[1], answers[2])
      #expect(streamed["content"]?.string?.isEmpty == (part == "empty" || part.hasPrefix("tool-")), "\(model)")
      #expect(streamed["content"] == whole["content"] && streamed["content"] == messages["content"])
      #expect(streamed["tool_calls"] == whole["tool_calls"])
      #expect((streamed["tool_calls"]?.array?.count ?? 0) == (part.hasPrefix("tool-") ? 1 : 0))
      #expect((messages["tool_calls"]?.array?.count ?? 0) == (part.hasPrefix("tool-") ? 1 : 0))
      #expect(streamed["finish_reason"] == whole["finish_reason"])
      #expect(streamed["finish_reason"] == messages["finish_reason"])
      #expect(streamed["usage"]?["completion_tokens"] == whole["usage"]?["completion_tokens"])
      if part == "finish-banana" { #expect(streamed["native_finish_reason"] == "banana") }
      if part == "no-usage" { #expect(streamed["usage"]?["total_tokens"]?.int == 0) }
      if part == "reasoning" {
        for answer in answers {
          #expect(answer["reasoning"]?.string?.hasPrefix("First the question") == true)
        }
        #expect((streamed["usage"]?["reasoning_tokens"]?.int ?? 0) > 10)
        #expect(streamed["usage"]?["reasoning_tokens"] == whole["usage"]?["reasoning_tokens"])
      }
    }

    private static let functions: [JSON] = [
      [
        "type": "function",
        "function": [
          "name": "get_weather", "parameters": ["type": "object", "properties": ["city": ["type": "string"]]],
        ],
      ]
    ]

    @Test(arguments: ["sim", "whole", "messages"], ["plain", "crlf", "split", "gzip+crlf+comments+multi-line"])
    func `functions are called, their arguments whole, streamed or not, in either format and however it is written`(
      _ provider: String, _ wire: String
    ) async throws {
      let (stage, _) = try await Self.shared.value
      let question = "How is it there? [call get_weather {\"city\": \"Oslo\"}]"
      let gateway = ReplyAddress(partition: 3, gateway: "gateway-3", incarnation: "i")
      let made = try await stage.command(
        "\(provider)/\(wire)", question: question, stream: gateway, tools: Self.functions)
      let outcome = try await stage.outcome(made)
      #expect(outcome["finish_reason"] == "tool_calls", "\(outcome.text.prefix(300))")
      let call = try #require(outcome["tool_calls"]?[0])
      #expect(call["function"]?["name"] == "get_weather")
      let arguments = try #require(call["function"]?["arguments"]?.string)
      #expect(try JSON.parse(arguments) == ["city": "Oslo"])
      #expect(call["id"]?.string?.hasPrefix("call_") == true)
      // who cannot stream has no pieces
      guard provider != "whole" else { return }
      func pieces() -> [JSON] {
        stage.replies.values.flatMap { $0["deltas"]?.array ?? [] }.filter { $0["call"]?.string == made.text }
          .flatMap { $0["tool_calls"]?.array ?? [] }
      }
      await eventually("its pieces have come") {
        pieces().compactMap { $0["function"]?["arguments"]?.string }.joined() == arguments
      }
      #expect(pieces().count > 1)
      #expect(pieces().allSatisfy { $0["index"] == 0 })
      #expect(pieces().first?["function"]?["name"] == "get_weather")
      #expect(pieces().first?["id"] == call["id"])
    }

    @Test func `what was read from the provider's cache costs less`() async throws {
      let stage = try await stage()
      let caller = try stage.caller("a", price: Price(input: 4_000, output: 0, cachedInput: 1_000))
      await caller.ready()
      let outcome = try await stage.outcome(try await stage.command("simulator/cached-3"))
      let prompt = try #require(outcome["usage"]?["prompt_tokens"]?.int)
      #expect(outcome["usage"]?["cached_tokens"]?.int == 3)
      let cost = Double(prompt - 3) * 0.004 + 3 * 0.001
      #expect(abs((outcome["cost"]?.number ?? 0) - cost) < 1e-9)
    }

    @Test func `a silent provider is given up, and the next in its list is asked`() async throws {
      let stage = try await stage()
      var timeouts = ProviderTimeouts()
      timeouts.firstToken = .milliseconds(300)
      timeouts.idle = .milliseconds(300)
      let caller = try stage.caller("a", timeouts: timeouts, via: ["simulator/model-x": ["down", "sim"]])
      await caller.ready()
      let silent = try await stage.outcome(try await stage.command("simulator/silent"))
      #expect(silent["reason"]?.string == "timeout")
      #expect(silent["tries"]?.array?.count == 1)
      let second = try await stage.outcome(try await stage.command("simulator/model-x"))
      #expect(second["provider"]?.string == "sim")
      #expect(second["tries"]?[0]?["provider"]?.string == "down")
    }

    @Test func `a provider that speaks Anthropic's messages answers as well, and says what it read from its cache`()
      async throws
    {
      let stage = try await stage()
      let caller = try stage.caller("a", via: ["simulator/model-y+cached-3": ["messages"]])
      await caller.ready()
      let outcome = try await stage.outcome(try await stage.command("simulator/model-y+cached-3"))
      #expect(outcome["content"]?.string?.hasPrefix("[simulated]") == true, "\(outcome.text.prefix(300))")
      #expect(outcome["provider"]?.string == "messages")
      #expect(outcome["finish_reason"]?.string == "stop")
      #expect((outcome["usage"]?["completion_tokens"]?.int ?? 0) > 0)
      #expect(outcome["usage"]?["cached_tokens"]?.int == 3)
    }

    @Test func `a call that is out of time fails as timeout, and an expired command makes no request`() async throws {
      let (stage, _) = try await Self.shared.value
      let late = try await stage.outcome(try await stage.command("simulator/latency-5000", milliseconds: 300))
      #expect(late["reason"]?.string == "timeout")
      let expired = try await stage.outcome(try await stage.command(milliseconds: -1))
      #expect(expired["reason"]?.string == "expired")
      #expect(expired["tries"]?.array?.isEmpty == true)
    }

    @Test func `text goes to the asking gateway as it comes, and all of it before the outcome`() async throws {
      let stage = try await stage()
      let caller = try stage.caller("a")
      await caller.ready()
      let gateway = ReplyAddress(partition: 2, gateway: "gateway-0", incarnation: "i")
      let call = try await stage.command("simulator/words-60+pace-100", stream: gateway)
      let outcome = try await stage.outcome(call)
      // acknowledged before the outcome was written, so it is there as soon as that can be read
      await eventually("the text is whole") {
        stage.replies.values.flatMap { $0["deltas"]?.array ?? [] }.compactMap { $0["text"]?.string }.joined()
          == outcome["content"]?.string
      }
      let records = stage.replies.records
      #expect(records.count > 5)
      #expect(records.allSatisfy { $0.partition == 2 })
      #expect(stage.replies.values.allSatisfy { $0["gateway"]?.string == "gateway-0" })
      let executions = Set(
        stage.replies.values.flatMap { $0["deltas"]?.array ?? [] }.compactMap { $0["execution"]?.string })
      #expect(executions == [outcome["execution"]?.string])
    }

    @Test func `a call is stopped when its budget is used up`() async throws {
      let (stage, _) = try await Self.shared.value
      // 2 USD a million tokens: 4,000 words are some 10,000 tokens, 0.02 USD
      let call = try await stage.command("simulator/words-4000+pace-2000", maxCost: 0.002)
      let outcome = try await stage.outcome(call)
      #expect(outcome["reason"]?.string == "over_budget")
      #expect((outcome["content"]?.string?.count ?? 0) > 100)
      // an image costs what an image does, however many bytes it takes to write down
      let image = "data:image/png;base64," + String(repeating: "iVBORw0K", count: 50_000)
      let seen = try await stage.outcome(
        try await stage.command(maxCost: 0.05) { command in
          command.messages = [
            [
              "role": "user",
              "content": [
                ["type": "text", "text": "What is it?"], ["type": "image_url", "image_url": ["url": .string(image)]],
              ],
            ]
          ]
        })
      #expect(seen["reason"] == nil, "\(seen["message"]?.string ?? "")")
      // the arguments of a function are paid for as well
      for provider in ["sim", "messages"] {
        let function = try await stage.outcome(
          try await stage.command("\(provider)/long", tools: Self.functions, { $0.maxCost = 0.002 }))
        #expect(function["reason"]?.string == "over_budget", "\(function.text.prefix(300))")
      }
      let poor = try await stage.outcome(try await stage.command(maxCost: 0.000_000_1))
      #expect(poor["reason"]?.string == "over_budget")
    }
  }
}
