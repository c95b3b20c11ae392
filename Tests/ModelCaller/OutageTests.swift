import Deliberation
import ModelCaller
import SimulatorUnderTest
import Testing

extension OnABroker {
  @Suite(.serialized, .timeLimit(.minutes(3))) struct OutageTests {
    @Test func `a provider that is down for 10 s loses no call, and is asked less than there are calls`() async throws {
      async let refused: Void = outage("status-503")
      async let hungUp: Void = outage("hangup")
      _ = try await (refused, hungUp)
    }

    private func outage(_ fault: String) async throws {
      let simulator = try SimulatorProcess(["--latency", "20"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      try await simulator.behave(["match": "", "behaviour": .string(fault), "for_ms": 10_000])
      let begun = ContinuousClock.now
      for _ in 0..<300 { try await stage.command("simulator/model-a", milliseconds: 120_000) }
      await eventually("all have ended", within: .seconds(60)) { stage.events.count >= 300 }
      let took = ContinuousClock.now - begun
      #expect(stage.events.values.allSatisfy { $0["reason"] == nil })
      #expect(took < .seconds(40))
      let requests = try await simulator.metric("conclave_simulator_requests_total")
      let failed = Int(requests) - 300
      print("\(fault): 300 calls ended after \(took); the provider got \(failed) requests while it was down")
      #expect(failed < 150)
      #expect(caller.metric("conclave_provider_outages_total") >= 1)
      #expect(caller.metric("conclave_provider_probes_total") >= 1)
    }

    @Test func `a storm of 429 loses no call`() async throws {
      let simulator = try SimulatorProcess(["--latency", "20"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      try await simulator.behave(["match": "", "behaviour": "status-429", "for_ms": 5_000])
      for _ in 0..<300 { try await stage.command("simulator/model-a", milliseconds: 120_000) }
      await eventually("all have ended", within: .seconds(60)) { stage.events.count >= 300 }
      #expect(stage.events.values.allSatisfy { $0["reason"] == nil })
    }

    @Test func `a provider that says how much is left is not asked for more`() async throws {
      let simulator = try SimulatorProcess(["--latency", "20"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      // the first answer says that nothing is left for three seconds
      let first = try await stage.outcome(try await stage.command("simulator/ratelimit-0-3"))
      #expect(first["reason"] == nil)
      let before = try await simulator.metric("conclave_simulator_requests_total")
      let begun = ContinuousClock.now
      for _ in 0..<20 { try await stage.command("simulator/model-a") }
      await eventually("one has ended") { stage.events.count >= 2 }
      // of a thousand in three seconds one comes back every three milliseconds
      await eventually("all have ended") { stage.events.count >= 21 }
      #expect(try await simulator.metric("conclave_simulator_requests_total") == before + 20)
      #expect(stage.events.values.allSatisfy { $0["tries"]?.array?.count == 1 })
      #expect(ContinuousClock.now - begun < .seconds(10))
      #expect(caller.metric("conclave_provider_allowance") >= 0)
    }
  }
}
