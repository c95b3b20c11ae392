import Bus
import Deliberation
import Foundation
import Glibc
import Telemetry
import Testing
import Threads
import Web

@testable import Conclave

extension RunningSystems {
  /// Services started by themselves, as an orchestrator starts them.
  @Suite("A service by itself", .timeLimit(.minutes(3))) struct AloneTests {
    static let kafka = RunningSystem.kafka

    /// A process of a service, what it says, and a folder and topic names of its own.
    private final class Service: Sendable {
      let folder: String
      let process: KeptProcess
      private let said = Lock("")

      init(
        _ name: String, prefix: String, kafka: String, extra: [String: String] = [:], arguments: [String] = []
      ) throws {
        folder = try RunningSystem.newFolder()
        try Data(TestConfiguration().json.bytes).write(to: URL(filePath: folder + "/conclave.json"))
        var environment = [
          "PATH": "/usr/bin:/bin", "CONCLAVE_DATA": folder + "/data", "CONCLAVE_CONFIG": folder + "/conclave.json",
          "CONCLAVE_KAFKA": kafka, "CONCLAVE_TOPIC_PREFIX": prefix, "CONCLAVE_ADMIN": "127.0.0.1:0",
        ]
        environment.merge(extra) { _, own in own }
        let said = said
        process = KeptProcess("\(RunningSystem.programs)/\(name)", arguments, environment: environment) { text in
          said.withLock { $0 += text }
        }
      }

      var text: String { said.withLock { $0 } }
      var lines: [Substring] { text.split(separator: "\n") }

      func says(_ words: String) async throws {
        try await eventually("it says \(words): \(text)", within: .seconds(40)) { text.contains(words) }
      }

      func ends() async throws -> ChildProcess.End? {
        try await eventually("it ends: \(text)", within: .seconds(40)) { process.end != nil }
        return process.end
      }

      /// Where its admin port is.
      func admin() async throws -> String {
        try await says("admin=")
        return String(text.firstMatch(of: #/admin=([0-9.]+:[0-9]+)/#)?.1 ?? "")
      }

      func ready() async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        let url = "http://\(try await admin())/readyz"
        try await eventually("it is ready: \(text)", within: .seconds(40)) {
          (try? await client.send(HTTPRequest(url: url)).status) == 200
        }
      }

      /// Asked to, it ends in order.
      func stop(_ signal: Int32 = SIGTERM) async throws {
        kill(process.pid, signal)
        #expect(try await ends() == .status(0), "\(text)")
        tidy()
      }

      func tidy() {
        process.kill()
        try? FileManager.default.removeItem(atPath: folder)
      }
    }

    private func prefix() -> String { "t\(UInt32.random(in: .min ... .max)).conclave." }

    private func topics(_ action: String, _ prefix: String, _ extra: [String: String] = [:]) async throws -> Tool.Result
    {
      let folder = try RunningSystem.newFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Data(TestConfiguration().json.bytes).write(to: URL(filePath: folder + "/conclave.json"))
      var environment = [
        "PATH": "/usr/bin:/bin", "CONCLAVE_KAFKA": Self.kafka ?? "", "CONCLAVE_TOPIC_PREFIX": prefix,
        "CONCLAVE_CONFIG": folder + "/conclave.json",
      ]
      environment.merge(extra) { _, own in own }
      return try await Tool.run(
        RunningSystem.programs + "/conclave", ["topics", action], environment: environment)
    }

    @Test("makes the topics that are missing, and ends where they are not what it needs", .enabled(if: kafka != nil))
    func topics() async throws {
      let (kafka, prefix) = (try #require(Self.kafka), prefix())
      let first = try Service("judge", prefix: prefix, kafka: kafka)
      try await first.ready()
      #expect(first.text.contains("\(prefix)events"), "it says what it made")
      try await first.stop()
      let checked = try await topics("check", prefix)
      #expect(checked.status == 0, "\(checked.error)")
      for name in ["judge", "model-caller", "gateway"] {
        let extra = ["CONCLAVE_PARTITIONS": "6", "CONCLAVE_LOG": "error", "CONCLAVE_HTTP": "127.0.0.1:0"]
        let other = try Service(name, prefix: prefix, kafka: kafka, extra: extra)
        #expect(try await other.ends() == .status(1))
        #expect(other.lines.count == 1, "\(other.text)")
        #expect(other.text.contains("CONCLAVE_PARTITIONS") && other.text.contains("has 12 partitions and needs 6"))
        other.tidy()
      }
    }

    @Test("where topics are only checked, ends without them and names one", .enabled(if: kafka != nil))
    func missing() async throws {
      let prefix = prefix()
      let extra = ["CONCLAVE_TOPICS": "check", "CONCLAVE_LOG": "error"]
      let service = try Service("judge", prefix: prefix, kafka: try #require(Self.kafka), extra: extra)
      #expect(try await service.ends() == .status(1))
      #expect(service.lines.count == 1, "\(service.text)")
      #expect(service.text.contains("there is no topic \(prefix)") && service.text.contains("conclave topics create"))
      service.tidy()
    }

    @Test("has its topics made or checked by hand", .enabled(if: kafka != nil)) func byHand() async throws {
      let prefix = prefix()
      let without = try await topics("check", prefix)
      #expect(without.status == 1)
      #expect(without.error.contains("there is no topic \(prefix)"), "\(without.error)")
      for _ in 0..<2 {
        let made = try await topics("create", prefix)
        #expect(made.status == 0, "\(made.error)")
        #expect(made.output.contains("\(prefix)events\t12\n") && made.output.contains("\(prefix)cancels\t1\n"))
      }
      #expect(try await topics("check", prefix).status == 0)
      let other = try await topics("check", prefix, ["CONCLAVE_PARTITIONS": "6"])
      #expect(other.status == 1)
      #expect(other.error.contains("has 12 partitions and needs 6"), "\(other.error)")
    }

    @Test("finds by hand what keeps its records for less than is needed", .enabled(if: kafka != nil))
    func keeping() async throws {
      let prefix = prefix()
      let settings = BusSettings(bootstrap: try #require(Self.kafka), kind: .kafka, prefix: prefix)
      let short = TopicShape(name: prefix + "results", partitions: 12, retention: .seconds(3_600))
      try await Admin.create(settings, shapes: [short], log: .silent, within: .seconds(30))
      #expect(try await topics("create", prefix).status == 0)
      let found = try await topics("check", prefix)
      #expect(found.status == 1)
      #expect(
        found.error.contains("\(prefix)results has retention.ms 3600000 and needs 604800000"), "\(found.error)")
    }

    @Test("without a broker waits, says so, and is not ready", arguments: ["judge", "model-caller"])
    func noBroker(_ name: String) async throws {
      let service = try Service(name, prefix: prefix(), kafka: "127.0.0.1:1")
      let admin = try await service.admin()
      try await service.says("no broker of 127.0.0.1:1 can be reached")
      let client = HTTPClient()
      defer { client.shutdown() }
      #expect(try await client.send(HTTPRequest(url: "http://\(admin)/readyz")).status == 503)
      #expect(try await client.send(HTTPRequest(url: "http://\(admin)/healthz")).status == 200)
      #expect(service.process.end == nil)
      try await service.stop()
    }

    @Test("conclave up waits for its cluster too, and ends when it is asked to") func upWaits() async throws {
      let service = try Service(
        "conclave", prefix: prefix(), kafka: "127.0.0.1:1", arguments: ["up", "--port", "0"])
      try await service.says("no broker of 127.0.0.1:1 can be reached")
      #expect(service.process.end == nil)
      try await service.stop(SIGINT)
    }

    @Test("ends where another process has its name, and says which setting is wrong", .enabled(if: kafka != nil))
    func fenced() async throws {
      let (kafka, prefix) = (try #require(Self.kafka), prefix())
      let extra = ["CONCLAVE_INSTANCE": "judge-0"]
      let first = try Service("judge", prefix: prefix, kafka: kafka, extra: extra)
      try await first.ready()
      let second = try Service("judge", prefix: prefix, kafka: kafka, extra: extra)
      try await eventually("one of them ends: \(first.text) \(second.text)", within: .seconds(60)) {
        first.process.end != nil || second.process.end != nil
      }
      let (gone, left) = first.process.end != nil ? (first, second) : (second, first)
      #expect(gone.process.end == .status(1))
      #expect(gone.text.contains("CONCLAVE_INSTANCE"), "\(gone.text)")
      try await left.ready()
      #expect(left.process.end == nil)
      try await left.stop()
      gone.tidy()
    }
  }
}
