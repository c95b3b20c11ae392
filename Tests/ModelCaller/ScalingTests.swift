import Bus
import Deliberation
import Foundation
import ModelCaller
import SimulatorUnderTest
import Testing
import Threads

extension OnABroker {
  /// Callers come and go while calls run, in one consumer group of a real broker.
  @Suite(.serialized, .timeLimit(.minutes(4))) struct ScalingTests {
    private static let isKafka = ProcessInfo.processInfo.environment["CONCLAVE_KAFKA"] != nil

    @Test(.enabled(if: Self.isKafka))
    func `scaling callers 1 to 4 to 1 under load makes no call twice and loses none`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url, partitions: 12)
      let model = "simulator/model-a+latency-1000-6000"
      let isOver = Lock(false)
      let feeding = Task {
        var calls: [CallID] = []
        // 500 under way at any time
        while !isOver.withLock(\.self) {
          if calls.count - stage.events.count < 500 {
            calls.append(try await stage.command(model))
          } else {
            await pace(.milliseconds(5))
          }
        }
        return calls
      }
      let first = try stage.caller("a")
      await first.ready()
      await eventually("500 are in flight", within: .seconds(30)) { first.metric("conclave_calls_in_flight") > 450 }
      var more: [RunningCaller] = []
      for name in ["b", "c", "d"] {
        let caller = try stage.caller(name)
        await caller.ready()
        more.append(caller)
        let seen = stage.events.count
        await eventually("work goes on with one more", within: .seconds(30)) { stage.events.count > seen + 150 }
      }
      for caller in more {
        let seen = stage.events.count
        await Task.detached { caller.stop(within: .seconds(15)) }.value
        await eventually("work goes on with one less", within: .seconds(30)) { stage.events.count > seen + 150 }
      }
      isOver.withLock { $0 = true }
      let calls = try await feeding.value
      await eventually("all have an outcome", within: .seconds(40)) {
        stage.ended.count == calls.count
      }
      // where a commit was lost an outcome may be told again, from memory: that costs nothing
      #expect(stage.events.values.count { $0["replayed"]?.bool != true } == calls.count)
      #expect(try await simulator.metric("conclave_simulator_calls_repeated_total") == 0)
      print("\(calls.count) calls, \(stage.signals.count) signals")
    }
  }
}
