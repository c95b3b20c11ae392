import Foundation
import Glibc
import Testing
import Web

@testable import Conclave

extension RunningSystems {
  /// Needs a Kafka of its own that may be killed: `CONCLAVE_KAFKA_HOME` says where its start and stop scripts are.
  @Suite(
    "Without its broker", .timeLimit(.minutes(5)),
    .enabled(if: ProcessInfo.processInfo.environment["CONCLAVE_KAFKA_HOME"] != nil))
  struct KafkaOutageTests {
    private var home: String { ProcessInfo.processInfo.environment["CONCLAVE_KAFKA_HOME"] ?? "" }

    /// Two ports in a row that nobody listens on.
    private func freePort() throws -> Int {
      for port in (20_000..<29_998).shuffled().prefix(100) {
        let isFree = [port, port + 1].allSatisfy { (try? Door.mustBeFree(.init(host: "127.0.0.1", port: $0))) != nil }
        if isFree { return port }
      }
      throw CommandError.failed("no free port")
    }

    private func start(_ folder: String, _ port: Int) async throws {
      let result = try await Tool.run(home + "/start", [folder, "\(port)"])
      try #require(result.status == 0, "\(result.error)")
    }

    @Test("says that it is not ready and refuses, and goes on by itself when the broker is back") func outage()
      async throws
    {
      let folder = try RunningSystem.newFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let port = try freePort()
      try await start(folder, port)
      let started = ContinuousClock.now
      do {
        try await withSystem(kafka: "127.0.0.1:\(port)") { system in
          #expect(try await system.post(TestConfiguration.fusion("Before?")).status == 200)
          // a node that is killed right after topics were made may lose one of them
          try await eventually("the topics are safe", within: .seconds(40)) { .now - started > .seconds(25) }
          let node = try #require(
            Int32(
              try String(contentsOfFile: folder + "/pid", encoding: .utf8).trimmingCharacters(
                in: .whitespacesAndNewlines)
            ))
          kill(node, SIGKILL)
          for service in try system.run().services where UpPlan.services.contains(service.name) {
            try await eventually("\(service.instance) is not ready", within: .seconds(60)) {
              await system.readiness(service) == 503
            }
          }
          try await eventually("the gateway refuses", within: .seconds(30)) {
            try await system.post(TestConfiguration.fusion("During?")).status == 503
          }
          try await start(folder, port)
          let back = ContinuousClock.now
          try await system.becomesReady(within: .seconds(30))
          #expect(ContinuousClock.now - back < .seconds(5))
          #expect(try await system.post(TestConfiguration.fusion("After?")).status == 200)
          #expect(try system.run().services.allSatisfy { $0.restarts == 0 })
        }
      } catch {
        _ = try await Tool.run(home + "/stop", [folder])
        throw error
      }
      _ = try await Tool.run(home + "/stop", [folder])
    }
  }
}
