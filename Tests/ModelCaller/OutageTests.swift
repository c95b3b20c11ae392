import Deliberation
import ModelCaller
import Testing

extension OnABroker {
  @Suite(.serialized, .timeLimit(.minutes(3))) struct OutageTests {
    @Test(arguments: ["status-503", "hangup"])
    func `a provider that is down for 10 s loses no call, and is asked less than there are calls`(
      _ fault: String
    ) async throws {
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
      print("\(fault): 300 calls ended after \(took), with \(Int(requests)) requests")
      #expect(requests < 300 * 3)
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
  }
}
