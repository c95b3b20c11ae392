import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// What follows a provider's failure, over real sockets: the next provider, the same one after a pause, or nothing.
  @Suite(.serialized, .timeLimit(.minutes(3))) struct FailureTests {
    private struct House {
      let simulator: SimulatorProcess
      let stage: Stage
      let caller: RunningCaller

      var requests: Int { get async throws { Int(try await simulator.metric("conclave_simulator_requests_total")) } }
    }

    private static let elsewhere = [
      "status-401", "status-402", "status-403", "status-404", "status-408", "status-429", "status-500", "status-503",
      "status-529", "quota", "credits-400", "hangup", "half", "html", "retry-after-3600",
    ]
    private static let final = [
      "status-400", "status-413", "status-422", "context-400", "filter", "filter-400", "refusal",
    ]
    private static let same = ["status-409", "status-425"]
    private static let breaking = ["error-mid-stream", "half", "stall"]

    private static let house = Task {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      var timeouts = ProviderTimeouts()
      timeouts.idle = .milliseconds(500)
      let caller = try stage.caller(
        "a", timeouts: timeouts,
        via: Dictionary(
          uniqueKeysWithValues: (elsewhere + final).map {
            ("both/\($0)", ["sim simulator/\($0)", "other simulator/model-b"])
          }
            + same.map { ("both/\($0)", ["sim simulator/\($0)+fail-first-1", "other simulator/model-b"]) }),
        others: [ProviderSettings(name: "other", baseURL: simulator.url)])
      await caller.ready()
      return House(simulator: simulator, stage: stage, caller: caller)
    }

    private func providers(_ outcome: JSON) -> [String] {
      (outcome["tries"]?.array ?? []).compactMap { $0["provider"]?.string }
    }

    @Test(arguments: elsewhere)
    func `the next provider in the list answers at once where this one will not`(_ part: String) async throws {
      let house = try await Self.house.value
      let begun = ContinuousClock.now
      let outcome = try await house.stage.outcome(try await house.stage.command("both/\(part)"))
      #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
      #expect(outcome["provider"]?.string == "other")
      #expect(providers(outcome) == ["sim", "other"])
      #expect(outcome["tries"]?[0]?["reason"]?.string != nil)
      #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test(arguments: final)
    func `no other provider is asked what none would answer otherwise`(_ part: String) async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(try await house.stage.command("both/\(part)"))
      #expect(["invalid_request", "content_filter"].contains(outcome["reason"]?.string))
      #expect(providers(outcome) == ["sim"])
    }

    @Test(arguments: same)
    func `who asks to be asked again is, and nobody else`(_ part: String) async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(try await house.stage.command("both/\(part)"))
      #expect(outcome["reason"] == nil)
      #expect(providers(outcome) == ["sim", "sim"])
    }

    @Test func `a pause beyond the deadline is not waited for`() async throws {
      let house = try await Self.house.value
      let begun = ContinuousClock.now
      let call = try await house.stage.command("simulator/retry-after-30", milliseconds: 20_000)
      let outcome = try await house.stage.outcome(call)
      #expect(outcome["reason"]?.string == "rate_limited")
      #expect(outcome["tries"]?.array?.count == 1)
      #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test func `silence between two pieces is a timeout, and another try may bring the rest`() async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(
        try await house.stage.command("simulator/stall+fail-first-1+words-80"))
      #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
      #expect(outcome["tries"]?[0]?["reason"]?.string == "timeout")
      #expect(outcome["tries"]?[0]?["status"]?.int == 200)
      #expect((outcome["tries"]?[0]?["ms"]?.int ?? 0) >= 500)
    }

    @Test(arguments: breaking)
    func `a call that a client has seen text of is not made again, and keeps what came`(_ part: String) async throws {
      let house = try await Self.house.value
      let before = try await house.requests
      let gateway = ReplyAddress(partition: 1, gateway: "gateway-1", incarnation: "i")
      let call = try await house.stage.command("simulator/\(part)+words-80", stream: gateway)
      let outcome = try await house.stage.outcome(call)
      #expect(
        outcome["reason"]?.string == (part == "stall" ? "timeout" : "upstream_error"), "\(outcome.text.prefix(300))")
      let text = try #require(outcome["content"]?.string)
      #expect(text.hasPrefix("[simulated]"))
      #expect(outcome["tries"]?.array?.count == 1)
      #expect(try await house.requests == before + 1)
      func shown() -> String {
        house.stage.replies.values.flatMap { $0["deltas"]?.array ?? [] }
          .filter { $0["call"]?.string == call.text }.compactMap { $0["text"]?.string }.joined()
      }
      await eventually("all of it was shown") { shown() == text }
      // whoever watches nothing gets a second try
      let unseen = try await house.stage.outcome(
        try await house.stage.command("simulator/\(part)+words-80+fail-first-1"))
      #expect(unseen["reason"] == nil)
      #expect(unseen["tries"]?.array?.count == 2)
    }
  }
}
