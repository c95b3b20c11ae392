import Bus
import Deliberation
import Foundation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// Whatever a provider sends, over real sockets: the right event within its limits, and the process goes on.
  @Suite(.serialized, .timeLimit(.minutes(3))) struct UpstreamTests {
    private struct House {
      let simulator: SimulatorProcess
      let stage: Stage
      let caller: RunningCaller
    }

    /// What the second door of the simulator does to a connection.
    static let raw = [
      "header-flood", "garbage", "bad-status", "bad-chunk", "short-body", "two-lengths", "slow-headers", "reset",
      "close",
    ]

    private static let house = Task {
      let simulator = try SimulatorProcess(["--latency", "0", "--faults-port", "0"])
      let stage = try await Stage(simulator.url)
      var quick = ProviderTimeouts()
      quick.firstToken = .milliseconds(600)
      quick.idle = .milliseconds(600)
      let faults = try #require(simulator.faults)
      let broken = raw.map { ProviderSettings(name: $0, baseURL: "\(faults)/\($0)/v1", timeouts: quick) }
      let whole = ProviderSettings(name: "whole", baseURL: simulator.url, streams: false)
      var via = Dictionary(uniqueKeysWithValues: raw.map { ("simulator/model-\($0)", [$0, "sim"]) })
      for part in wholes { via["simulator/\(part)+model-whole"] = ["whole"] }
      for (part, _) in messages { via["simulator/\(part)+model-m"] = ["messages"] }
      for part in oddMessages { via["simulator/\(part)+model-m"] = ["messages"] }
      for part in passing { via["simulator/\(part)+fail-first-1+model-m"] = ["messages"] }
      let caller = try stage.caller("a", via: via, others: broken + [whole])
      await caller.ready()
      return House(simulator: simulator, stage: stage, caller: caller)
    }

    @Test(arguments: raw)
    func `what is no HTTP is an upstream error, and the next provider answers`(_ fault: String) async throws {
      let house = try await Self.house.value
      let begun = ContinuousClock.now
      let outcome = try await house.stage.outcome(try await house.stage.command("simulator/model-\(fault)"))
      #expect(outcome["provider"]?.string == "sim", "\(outcome.text.prefix(400))")
      let first = try #require(outcome["tries"]?[0])
      #expect(first["provider"]?.string == fault)
      #expect(first["reason"]?.string == (fault == "slow-headers" ? "timeout" : "upstream_error"))
      #expect(ContinuousClock.now - begun < .seconds(10))
    }

    static let wholes = ["big-50mb", "endless", "gzip-bomb", "html", "broken-json", "invalid-utf8", "half", "drip-1"]

    @Test(arguments: wholes)
    func `a provider that cannot stream is read within the same limits`(_ part: String) async throws {
      let house = try await Self.house.value
      let call = try await house.stage.command("simulator/\(part)+model-whole", milliseconds: 15_000)
      let outcome = try await house.stage.outcome(call)
      switch part {
      case "big-50mb", "endless", "gzip-bomb": #expect(outcome["reason"]?.string == "too_large")
      case "html", "broken-json", "half": #expect(outcome["reason"]?.string == "upstream_error")
      default: #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
      }
    }

    @Test func `one byte a second lasts no longer than the call may, and what came is kept`() async throws {
      let house = try await Self.house.value
      let slow = try await house.stage.command("simulator/drip", milliseconds: 1_500)
      let outcome = try await house.stage.outcome(slow)
      #expect(outcome["reason"]?.string == "timeout")
      #expect(outcome["tries"]?.array?.count == 1)
      let begun = try await house.stage.command("simulator/words-400+pace-40", milliseconds: 1_500)
      let cut = try await house.stage.outcome(begun)
      #expect(cut["reason"]?.string == "timeout")
      #expect((cut["content"]?.string?.count ?? 0) > 20)
    }

    @Test func `bytes that are no UTF-8 are replaced, and the event says that they were`() async throws {
      let house = try await Self.house.value
      let before = house.caller.metric("conclave_answers_repaired_total")
      let outcome = try await house.stage.outcome(try await house.stage.command("simulator/invalid-utf8"))
      #expect(outcome["content"]?.string?.contains("\u{FFFD}") == true)
      #expect(outcome["tries"]?[0]?["repaired"]?.bool == true)
      await eventually("it is counted") { house.caller.metric("conclave_answers_repaired_total") == before + 1 }
      let good = try await house.stage.outcome(try await house.stage.command())
      #expect(good["tries"]?[0]?["repaired"] == nil)
    }

    @Test func `an unknown finish reason keeps the answer, and the provider's word for it`() async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(try await house.stage.command("simulator/finish-banana"))
      #expect(outcome["finish_reason"]?.string == "stop")
      #expect(outcome["native_finish_reason"]?.string == "banana")
      #expect(outcome["content"]?.string?.isEmpty == false)
    }

    static let oddMessages = [
      "split", "crlf", "no-done", "invalid-utf8", "finish-banana", "gzip", "multi-line", "drip-1",
    ]

    @Test(arguments: oddMessages)
    func `Anthropic's events are read however they are written`(_ part: String) async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(try await house.stage.command("simulator/\(part)+model-m"))
      #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
      #expect(outcome["provider"] == "messages")
      #expect(outcome["content"]?.string?.hasPrefix("[simulated]") == true)
      #expect(outcome["content"]?.string?.contains("\u{FFFD}") == (part == "invalid-utf8"))
      #expect(outcome["finish_reason"] == "stop")
      #expect((outcome["usage"]?["completion_tokens"]?.int ?? 0) > 0)
      if part == "finish-banana" { #expect(outcome["native_finish_reason"] == "banana") }
    }

    static let messages = [
      ("refusal", "content_filter"), ("filter", "content_filter"), ("status-400", "invalid_request"),
      ("credits-400", "insufficient_credits"), ("filter-400", "content_filter"), ("big-50mb", "too_large"),
      ("endless", "too_large"), ("gzip-bomb", "too_large"), ("status-401", "upstream_error"),
    ]

    @Test(arguments: messages)
    func `Anthropic's failures are told as what they are`(_ part: String, _ reason: String) async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(try await house.stage.command("simulator/\(part)+model-m"))
      #expect(outcome["reason"]?.string == reason, "\(outcome.text.prefix(300))")
      #expect(outcome["tries"]?.array?.count == 1)
    }

    static let passing = [
      "status-529", "error-mid-stream", "error-200", "half", "html", "nothing", "status-429", "no-finish",
      "broken-json",
    ]

    @Test(arguments: passing)
    func `what may pass at Anthropic is tried again, 529 among it`(_ part: String) async throws {
      let house = try await Self.house.value
      let outcome = try await house.stage.outcome(
        try await house.stage.command("simulator/\(part)+fail-first-1+model-m"))
      #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
      #expect(outcome["tries"]?.array?.count == 2)
      if part == "status-529" { #expect(outcome["tries"]?[0]?["status"]?.int == 529) }
    }

    @Test func `a process that was sent all of it stays small, and goes on`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let parts = [
        "big-50mb", "endless", "gzip-bomb", "header-flood", "invalid-utf8", "control", "redirect", "html",
        "tool-not-offered", "finish-banana",
      ].map { "simulator/\($0)" }
      let caller = try CallerProcess(
        stage.bus, simulator: simulator.url, inFlight: 500, models: parts + ["simulator/model-a"])
      try await caller.ready()
      let before = caller.memory.most
      for _ in 0..<4 { for part in parts { try await stage.command(part) } }
      // a debug build reads a few megabytes a second, and here are a hundred
      await eventually("all have ended", within: .seconds(150)) { stage.ended.count == 4 * parts.count }
      let outcome = try await stage.outcome(try await stage.command())
      #expect(outcome["reason"] == nil)
      // twelve bodies of at most 8 MB each at a time, whatever they would have become
      #expect(caller.memory.most - before < 300, "\(before) MB became \(caller.memory.most)")
    }
  }
}
