import Bus
import Deliberation
import Foundation
import SimulatorUnderTest
import Testing

extension OnABroker {
  /// What one process holds. Takes a while and much of a machine, so only where it is asked for:
  ///
  ///     CONCLAVE_MANY_CALLS=10000 CONCLAVE_TEST_BINARIES=.build/release swift test --filter ManyCalls
  @Suite(.serialized, .timeLimit(.minutes(6))) struct ManyCallsTests {
    private static let asked = ProcessInfo.processInfo.environment["CONCLAVE_MANY_CALLS"].flatMap { Int($0) }
    private static let model = "simulator/model-a"

    private struct Course {
      var most = 0.0
      var slowest = Duration.zero
      var took = Duration.zero
    }

    private func send(_ count: Int, to stage: Stage) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<count {
          group.addTask { try await stage.command(Self.model, milliseconds: 300_000) }
        }
        try await group.waitForAll()
      }
    }

    /// Watches until so many have ended.
    private func watch(_ stage: Stage, _ caller: CallerProcess, until count: Int, within limit: Duration) async throws
      -> Course
    {
      let begun = ContinuousClock.now
      var course = Course()
      while stage.events.count < count, ContinuousClock.now - begun < limit {
        let asked = ContinuousClock.now
        course.most = max(course.most, try await caller.metric("conclave_calls_in_flight"))
        course.slowest = max(course.slowest, ContinuousClock.now - asked)
        await pace(.milliseconds(50))
      }
      course.took = ContinuousClock.now - begun
      return course
    }

    @Test(.enabled(if: Self.asked != nil))
    func `one process holds thousands of calls in little memory, and stays responsive`() async throws {
      let count = try #require(Self.asked)
      let simulator = try SimulatorProcess(["--latency", "20000"])
      let stage = try await Stage(simulator.url)
      let caller = try CallerProcess(stage.bus, simulator: simulator.url, inFlight: count + 100, models: [Self.model])
      try await caller.ready()
      let idle = caller.memory.now
      let begun = ContinuousClock.now
      try await send(count, to: stage)
      let sent = ContinuousClock.now - begun
      let course = try await watch(stage, caller, until: count, within: .seconds(120))
      let memory = caller.memory
      let failed = stage.events.values.filter { $0["reason"] != nil }
      print(
        """
        \(count) calls: sent in \(sent), all ended \(course.took) later; most in flight \(Int(course.most)); \
        resident \(idle) MB idle, \(memory.most) MB at most, \(memory.now) MB after; \
        processor \(caller.processorTime) s; slowest answer of the admin door \(course.slowest)
        """)
      #expect(stage.events.count == count)
      #expect(failed.isEmpty, "\(failed.first?.text.prefix(300) ?? "")")
      #expect(Int(course.most) > count * 9 / 10)
      #expect(memory.most < 600 * max(1, count / 10_000))
      #expect(course.slowest < .seconds(1))
      #expect(try await simulator.metric("conclave_simulator_calls_repeated_total") == 0)
    }

    @Test(.enabled(if: Self.asked != nil))
    func `a storm of 429 and an outage of 10 s among thousands of calls lose none`() async throws {
      let count = try #require(Self.asked)
      let simulator = try SimulatorProcess(["--latency", "20000"])
      let stage = try await Stage(simulator.url)
      let caller = try CallerProcess(
        stage.bus, simulator: simulator.url, inFlight: 2 * count, models: [Self.model])
      try await caller.ready()
      // refused at once: of refusals that take as long as answers nobody could know before all have asked
      try await simulator.behave(["match": "", "behaviour": "status-429+latency-0", "for_ms": 5_000])
      try await send(count, to: stage)
      await eventually("the storm is over and they are under way", within: .seconds(90)) {
        stage.events.count > count / 100
      }
      try await simulator.behave(["match": "", "behaviour": "status-503+latency-0", "for_ms": 10_000])
      try await send(count / 5, to: stage)
      let all = count + count / 5
      let course = try await watch(stage, caller, until: all, within: .seconds(180))
      let failed = stage.events.values.filter { $0["reason"] != nil }
      let requests = Int(try await simulator.metric("conclave_simulator_requests_total"))
      let statuses = stage.events.values.flatMap { $0["tries"]?.array ?? [] }.map { $0["status"]?.int ?? 0 }
      func tries(_ status: Int64) -> Int { statuses.count { $0 == status } }
      print(
        """
        \(all) calls through a storm and an outage: \(course.took), \(requests) requests, of which 429 \(tries(429)), \
        503 \(tries(503)); \(failed.count) failed; \
        \(caller.memory.most) MB at most
        """)
      #expect(stage.events.count == all)
      #expect(failed.isEmpty, "\(failed.first?.text.prefix(300) ?? "")")
      #expect(requests < all * 3 / 2)
      #expect(caller.memory.most < 600 * max(1, count / 10_000))
    }
  }
}
