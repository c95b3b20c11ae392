import Foundation
import Testing
import Threads

@testable import Chaos

/// Small runs of the harness, as a newcomer's check has time for; `deploy/check --full` makes the long ones.
@Suite("A small chaos run", .serialized) struct RunTests {
  static let kafkaHome = ProcessInfo.processInfo.environment["CONCLAVE_KAFKA_HOME"]
  static let small = ["--asks", "200", "--open", "40", "--kills", "1", "--latency", "100-600", "--limit", "150"]

  /// Runs the program that was built beside the tests, on a thread of its own because it takes long; what it said, and
  /// its exit status.
  private func chaos(_ arguments: [String]) async throws -> (status: Int32, output: String) {
    let process = Foundation.Process()
    process.executableURL = URL(filePath: "\(Files.programs)/chaos")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let reader = pipe.fileHandleForReading
    let output = await withCheckedContinuation { continuation in
      _ = NamedThread.start("chaos") {
        continuation.resume(returning: String(decoding: reader.readDataToEndOfFile(), as: UTF8.self))
      }
    }
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  // How soon work goes on is measured by the long runs: here others have the cores as well.

  @Test("loses and doubles nothing on the embedded broker while each service is killed once") func embedded()
    async throws
  {
    let run = try await chaos(["kill", "--recover-within", "20000"] + Self.small)
    #expect(run.status == 0, "\(run.output)")
  }

  @Test("loses and doubles nothing on Kafka either", .enabled(if: kafkaHome != nil)) func kafka() async throws {
    let home = try #require(Self.kafkaHome)
    let run = try await chaos(["kill", "--recover-within", "20000", "--kafka-home", home] + Self.small)
    #expect(run.status == 0, "\(run.output)")
  }
}
