import Bus
import Deliberation
import Foundation
import Glibc
import Testing
import Web

@testable import Conclave

extension RunningSystems {
  @Suite("Deaths", .timeLimit(.minutes(5))) struct DeathTests {
    @Test(
      "of any service but the gateway leave every open deliberation with exactly one result",
      arguments: ["panel-dispatcher", "aggregator", "judge", "model-caller"])
    func service(_ name: String) async throws {
      try await withSystem(.slow) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let count = 24
        let asks = (0..<count).map { number in
          Task { try await system.post(TestConfiguration.fusion("Question \(number)?")) }
        }
        try await eventually("half of the panels are asked") {
          watch.records(watch.topics.events).filter { $0.headers.text("ce_type") == "conclave.panel.dispatched.v1" }
            .count
            >= count / 2
        }
        let victim = try system.kill(name)
        let killed = ContinuousClock.now
        try await eventually("\(name) is there again") {
          guard let service = RunFile.read(data: system.folder + "/data")?.services.first(where: { $0.name == name })
          else { return false }
          guard service.pid != victim else { return false }
          return await system.readiness(service) == 200
        }
        let back = ContinuousClock.now - killed
        #expect(back < .seconds(5), "\(name) was away for \(back)")

        var ids: Set<String> = []
        for ask in asks {
          let response = try await ask.value
          let body = try JSON.parse(response.body)
          #expect(response.status == 200, "\(body.text.prefix(300))")
          ids.insert(body["id"]?.string ?? "")
        }
        #expect(ids.count == count)
        try await eventually("all results are on their topic") { ids.allSatisfy { !watch.results($0).isEmpty } }
        for id in ids {
          // as readers see it: records with one ce_id are one fact, and the first counts
          #expect(Set(watch.results(id).map { $0.headers.text("ce_id") }).count == 1)
          let ends = watch.types(id).filter { Event.Name(type: $0)?.isEnd ?? false }
          #expect(Set(ends) == ["conclave.deliberation.completed.v1"])
        }
        try watch.expectDescribed(prefix: system.prefix)
      }
    }

    @Test("of the gateway end no deliberation: its asks are answered on results") func gateway() async throws {
      try await withSystem(.slow) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let asks = (0..<6).map { number in
          Task { try? await system.post(TestConfiguration.fusion("Question \(number)?")) }
        }
        func ids() -> Set<String> {
          Set(watch.records(watch.topics.events).compactMap { $0.headers.text("ce_subject") })
        }
        try await eventually("all are open") { ids().count == 6 }
        _ = try system.kill("gateway")
        for ask in asks { _ = await ask.value }
        try await eventually("all have a result") { ids().allSatisfy { !watch.results($0).isEmpty } }
        for id in ids() {
          let result = try JSON.parse(try #require(watch.results(id).first?.value))
          #expect(result["code"]?.int == 200)
        }
        try await system.becomesReady()
        #expect(try await system.post(TestConfiguration.fusion("And again?")).status == 200)
      }
    }

    @Test("of the embedded broker start everything anew", .enabled(if: RunningSystem.kafka == nil)) func broker()
      async throws
    {
      try await withSystem { system in
        #expect(try await system.post(TestConfiguration.fusion("Before?")).status == 200)
        let first = try system.run().bus
        let victim = try system.kill("broker")
        try await eventually("another broker is there") {
          RunFile.read(data: system.folder + "/data").map { file in
            !file.bus.isEmpty && file.bus != first && !file.services.contains { $0.pid == victim }
          } ?? false
        }
        try await system.becomesReady()
        #expect(try await system.post(TestConfiguration.fusion("After?")).status == 200)
      }
    }

    @Test("of up itself take every process along") func everything() async throws {
      let system = try await RunningSystem()
      let services = try system.run().services
      #expect(services.count >= 6)
      kill(system.pid, SIGKILL)
      #expect(try await system.waitForEnd() == .signal(SIGKILL))
      try await eventually("no child is left") { services.allSatisfy { kill($0.pid, 0) != 0 } }
      system.abandon()
    }
  }
}
