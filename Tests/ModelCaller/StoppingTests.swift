import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing
import Web

extension OnABroker {
  /// What is stopped, what goes on, and what is not made again, over a broker and real sockets.
  @Suite(.serialized, .timeLimit(.minutes(2))) struct StoppingTests {
    private func open(_ simulator: SimulatorProcess) async throws -> Int {
      Int(try await simulator.metric("conclave_simulator_in_flight"))
    }

    /// Looks until so many requests are open at the simulator.
    private func wait(_ simulator: SimulatorProcess, until count: Int) async throws {
      let deadline = ContinuousClock.now + .seconds(15)
      while try await open(simulator) != count {
        guard ContinuousClock.now < deadline else {
          Issue.record("\(try await open(simulator)) requests are open, not \(count)")
          return
        }
        await pace(.milliseconds(1))
      }
    }

    @Test(arguments: ["simulator/latency-30000", "simulator/words-4000+pace-50", "simulator/stall"])
    func `a cancellation closes the provider's connection within 100 ms`(_ model: String) async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      var times: [Duration] = []
      // a machine with other work may be late now and then
      for _ in 0..<5 {
        let call = try await stage.command(model)
        try await wait(simulator, until: 1)
        let begun = ContinuousClock.now
        try await stage.say(.cancelled(deliberation: call.deliberation, calls: [call.text]))
        try await wait(simulator, until: 0)
        times.append(ContinuousClock.now - begun)
        #expect(try await stage.outcome(call)["reason"]?.string == "cancelled")
      }
      print("\(model): closed after \(times.sorted().map { "\($0)" }.joined(separator: ", "))")
      #expect(times.sorted()[2] < .milliseconds(100), "\(times)")
    }

    @Test func `a request that several share is stopped when the last of them has left`() async throws {
      let simulator = try SimulatorProcess(["--latency", "30000"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      var calls: [CallID] = []
      for _ in 0..<3 { calls.append(try await stage.command(cache: .init(key: "one", seconds: 60))) }
      await eventually("two wait for one") { caller.metric("conclave_calls_shared_total") == 2 }
      try await wait(simulator, until: 1)
      for call in calls.prefix(2) {
        try await stage.say(.cancelled(deliberation: call.deliberation, calls: nil))
        #expect(try await stage.outcome(call)["reason"]?.string == "cancelled")
        #expect(try await open(simulator) == 1)
      }
      try await stage.say(.cancelled(deliberation: calls[2].deliberation, calls: nil))
      #expect(try await stage.outcome(calls[2])["reason"]?.string == "cancelled")
      try await wait(simulator, until: 0)
      #expect(try await simulator.metric("conclave_simulator_requests_total") == 1)
    }

    @Test func `what outlasts a caller's grace is left, and performed once by the next`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let first = try stage.caller("a")
      await first.ready()
      let short = try await stage.command("simulator/latency-1500")
      let long = try await stage.command("simulator/latency-6000")
      await eventually("both run") { first.metric("conclave_calls_in_flight") == 2 }
      // of the time given a second is for the last acknowledgements
      await Task.detached { first.stop(within: .seconds(4)) }.value
      #expect(stage.ended == [short.text])
      let second = try stage.caller("b")
      await second.ready()
      let outcome = try await stage.outcome(long, within: .seconds(40))
      #expect(outcome["reason"] == nil)
      #expect(outcome["tries"]?.array?.count == 1)
      await eventually("nothing is left") { second.metric("conclave_calls_in_flight") == 0 }
      #expect(stage.events.count == 2)
      let repeated = try JSON.parse(try await simulator.get("/repeated").body)["listed"]?.array ?? []
      #expect(repeated.map { $0["call"]?.string } == [long.text])
      #expect(repeated.first?["executions"]?.int == 2)
    }

    @Test func `a command whose call has ended is answered from memory, with the same event`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      let call = try await stage.command("simulator/vary+cost-0.5")
      let first = try await stage.outcome(call)
      try await stage.command("simulator/vary+cost-0.5", call: call)
      await eventually("it is told again") { stage.outcomes(call).count == 2 }
      let again = try #require(stage.outcomes(call).last)
      #expect(again["replayed"]?.bool == true)
      #expect(again["execution"] == first["execution"])
      #expect(again["content"] == first["content"])
      #expect(again["cost"] == first["cost"])
      #expect(try await simulator.metric("conclave_simulator_requests_total") == 1)
      await eventually("it is counted") { caller.metric("conclave_calls_replayed_total") == 1 }
      // and paid for once
      #expect(caller.metric("conclave_call_cost_usd_total") == 0.5)
    }
  }
}
