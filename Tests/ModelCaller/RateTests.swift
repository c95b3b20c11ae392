import Bus
import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// How much a provider is asked for: rates that are configured, shared by those who own a lane, and what many streams
  /// make of a gateway's records.
  @Suite(.serialized, .timeLimit(.minutes(3))) struct RateTests {
    @Test func `requests a minute are kept to, and two callers share them as they share the partitions`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      // four a second, and a tenth of a minute's at once
      let callers = try [0, 1].map { number in
        try stage.caller("caller-\(number)", rates: (requests: 240, tokens: nil)) { $0 % 2 == Int32(number) }
      }
      for caller in callers { await caller.ready() }
      let begun = ContinuousClock.now
      let count = 60
      for _ in 0..<count { try await stage.command("simulator/model-a", milliseconds: 120_000) }
      func elapsed() -> Double { (ContinuousClock.now - begun) / .seconds(1) }
      while stage.events.count < count, elapsed() < 90 {
        let requests = try await simulator.metric("conclave_simulator_requests_total")
        #expect(requests <= 24 + 4 * elapsed() + 2)
        for caller in callers {
          let tries = caller.metric("conclave_call_tries_total")
          #expect(tries <= 12 + 2 * elapsed() + 2)
        }
        await pace(.milliseconds(100))
      }
      #expect(stage.events.count == count)
      #expect(stage.events.values.allSatisfy { $0["reason"] == nil })
      #expect(callers.allSatisfy { $0.metric("conclave_calls_completed_total") > 0 })
      #expect(elapsed() > 5)
    }

    @Test func `tokens a minute count what answers used, and not their questions alone`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      // 500 a second, 3,000 at once
      let caller = try stage.caller("a", rates: (requests: nil, tokens: 30_000))
      await caller.ready()
      let begun = ContinuousClock.now
      var used: Int64 = 0
      for _ in 0..<14 {
        let outcome = try await stage.outcome(try await stage.command("simulator/words-300"))
        used += outcome["usage"]?["total_tokens"]?.int ?? 0
      }
      let took = (ContinuousClock.now - begun) / .seconds(1)
      #expect(used > 5_000)
      // what the last one used is paid for by the next
      #expect(took > Double(used - used / 14 - 3_000) / 500 - 1, "\(used) tokens in \(took) s")
    }

    @Test func `fifty streams of one gateway are told in one record each 10 ms`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      let gateway = ReplyAddress(partition: 2, gateway: "gateway-0", incarnation: "i")
      var calls: [CallID] = []
      for _ in 0..<50 { calls.append(try await stage.command("simulator/words-80+pace-40", stream: gateway)) }
      await eventually("all have ended", within: .seconds(40)) { stage.events.count == 50 }
      var texts: [String: String] = [:]
      for delta in stage.replies.values.flatMap({ $0["deltas"]?.array ?? [] }) {
        texts[delta["call"]?.string ?? "", default: ""] += delta["text"]?.string ?? ""
      }
      for outcome in stage.events.values {
        #expect(outcome["reason"] == nil)
        #expect(texts[outcome["call"]?.string ?? ""] == outcome["content"]?.string)
      }
      let records = stage.replies.records
      let times = records.map(\.timestamp)
      let duration = (times.max() ?? 0) - (times.min() ?? 0)
      let pieces = stage.replies.values.map { Set(($0["deltas"]?.array ?? []).compactMap { $0["call"]?.string }).count }
      print("50 streams of \(duration) ms: \(records.count) records, of up to \(pieces.max() ?? 0) calls")
      #expect(records.count <= Int(duration) / 10 + 5)
      #expect((pieces.max() ?? 0) >= 10)
    }
  }
}
