import Deliberation
import Foundation
import Glibc
import Testing
import Web

@testable import Conclave

extension RunningSystems {
  @Suite("A start that cannot be", .timeLimit(.minutes(2))) struct StartTests {
    private func up(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Tool.Result {
      let folder = try RunningSystem.newFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Data(TestConfiguration().json.bytes).write(to: URL(filePath: folder + "/conclave.json"))
      var all = [
        "PATH": "/usr/bin:/bin", "CONCLAVE_DATA": folder + "/data", "CONCLAVE_CONFIG": folder + "/conclave.json",
      ]
      all.merge(environment) { _, own in own }
      return try await Tool.run(RunningSystem.programs + "/conclave", ["up"] + arguments, environment: all)
    }

    @Test("says in one line which port is in use, and what to do") func port() async throws {
      let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(taken) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          _ = bind(taken, pointer, length)
          listen(taken, 1)
          getsockname(taken, pointer, &length)
        }
      }
      let port = Int(UInt16(bigEndian: address.sin_port))
      let result = try await up(["--port", "\(port)"])
      #expect(result.status == 1)
      #expect(
        result.error
          == "conclave up: port \(port) is in use; end what listens there, or choose another: --port \(port + 1)\n")
    }

    @Test(
      "names a setting that is wrong, in one line",
      arguments: [
        ("CONCLAVE_KAFKA", "nowhere"), ("CONCLAVE_HTTP", "8080x"), ("CONCLAVE_TOPICS", "maybe"),
        ("CONCLAVE_PARTITIONS", "none"),
        ("CONCLAVE_LOG", "shouting"), ("CONCLAVE_CONFIG", "/nonexistent/conclave.json"),
      ])
    func setting(_ name: String, _ value: String) async throws {
      let result = try await up([], [name: value])
      #expect(result.status == 2, "\(result.error)")
      #expect(result.error.contains(name), "\(result.error)")
      #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
      #expect(result.output.isEmpty)
    }

    @Test("is refused where another one runs from the same folder") func twice() async throws {
      try await withSystem { system in
        let second = try await Tool.run(
          RunningSystem.programs + "/conclave", ["up", "--port", "0"], environment: system.environment)
        #expect(second.status == 1)
        #expect(second.error.contains("process \(system.pid)"))
        #expect(try await system.post(TestConfiguration.fusion("Still there?")).status == 200)
      }
    }
  }
}
