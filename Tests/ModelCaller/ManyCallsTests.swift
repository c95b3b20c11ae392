import Bus
import Deliberation
import Foundation
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// What one process holds. Takes a while and much of a machine, so only where it is asked for:
  ///
  ///     CONCLAVE_MANY_CALLS=5000 CONCLAVE_TEST_BINARIES=.build/release swift test --filter ManyCalls
  @Suite(.serialized, .timeLimit(.minutes(4))) struct ManyCallsTests {
    private static let asked = ProcessInfo.processInfo.environment["CONCLAVE_MANY_CALLS"].flatMap { Int($0) }

    @Test(.enabled(if: Self.asked != nil))
    func `one process holds thousands of calls in little memory, and stays responsive`() async throws {
      let count = try #require(Self.asked)
      let simulator = try SimulatorProcess(["--latency", "5000"])
      let stage = try await Stage(simulator.url)
      let caller = try CallerProcess(
        stage.bus, simulator: simulator.url, inFlight: count + 100, models: ["simulator/model-a"])
      try await caller.ready()
      let idle = caller.memory.now
      let begun = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<count { group.addTask { try await stage.command("simulator/model-a") } }
        try await group.waitForAll()
      }
      let sent = ContinuousClock.now - begun
      var most = 0.0
      var slowest = Duration.zero
      while stage.events.count < count, ContinuousClock.now - begun < .seconds(120) {
        let asked = ContinuousClock.now
        most = max(most, try await caller.metric("conclave_calls_in_flight"))
        slowest = max(slowest, ContinuousClock.now - asked)
        await pace(.milliseconds(50))
      }
      let took = ContinuousClock.now - begun
      let memory = caller.memory
      let failed = stage.events.values.filter { $0["reason"] != nil }
      print(
        """
        \(count) calls: sent in \(sent), all ended after \(took); most in flight \(Int(most)); \
        resident \(idle) MB idle, \(memory.most) MB at most, \(memory.now) MB after; \
        processor \(caller.processorTime) s; slowest answer of the admin door \(slowest)
        """)
      #expect(stage.events.count == count)
      #expect(failed.isEmpty, "\(failed.first?.text.prefix(300) ?? "")")
      #expect(Int(most) > count * 9 / 10)
      #expect(memory.most < 400 * max(1, count / 5_000))
      #expect(slowest < .seconds(1))
      let repeated = try await simulator.metric("conclave_simulator_calls_repeated_total")
      #expect(repeated == 0)
    }
  }
}
