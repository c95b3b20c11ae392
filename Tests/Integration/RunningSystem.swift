import Bus
import Deliberation
import Foundation
import Glibc
import Testing
import Threads
import Web

@testable import Conclave

/// A whole system as a user starts it: `conclave up` on a free port, with a data folder of its own; on the embedded
/// broker, or, where `CONCLAVE_KAFKA` is set, on that Kafka under topic names of its own.
final class RunningSystem: Sendable {
  /// Where the programs lie: beside the one that runs the tests.
  static var programs: String { UpPlan.executableFolder }

  static var kafka: String? {
    ProcessInfo.processInfo.environment["CONCLAVE_KAFKA"].flatMap { $0.isEmpty ? nil : $0 }
  }

  let folder: String
  let prefix: String
  let kafka: String?
  let client = HTTPClient()
  private let lines = Lock<[String]>([])
  private let process: KeptProcess

  /// Returns when everything is ready. Whatever starts here ends with the test process, at the latest.
  init(
    _ configuration: TestConfiguration = TestConfiguration(), kafka: String? = RunningSystem.kafka, callers: Int = 1,
    extra: [String: String] = [:], folder kept: String? = nil
  )
    async throws
  {
    folder = try kept ?? Self.newFolder()
    self.kafka = kafka
    prefix = kafka == nil ? "conclave." : "t\(UInt32.random(in: .min ... .max)).conclave."
    try Data(configuration.json.bytes).write(to: URL(filePath: folder + "/conclave.json"))
    var environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("CONCLAVE_") && !$0.key.hasSuffix("_API_KEY")
    }
    environment["CONCLAVE_CONFIG"] = folder + "/conclave.json"
    environment["CONCLAVE_TOPIC_PREFIX"] = prefix
    environment["CONCLAVE_KAFKA"] = kafka
    environment.merge(extra) { _, new in new }
    let lines = lines
    process = KeptProcess(
      Self.programs + "/conclave", ["up", "--port", "0", "--data", folder + "/data", "--callers", "\(callers)"],
      environment: environment
    ) { text in lines.withLock { $0 += text.split(separator: "\n").map(String.init) } }
    try await eventually("the system is ready: \(output)", within: .seconds(60)) {
      process.end != nil || lines.withLock { $0.contains { $0.contains("ready after ") } }
    }
    try #require(process.end == nil, "up ended: \(output)")
  }

  /// Everything that it has printed.
  var output: String { lines.withLock { $0.joined(separator: "\n") } }
  var outputLines: [String] { lines.withLock { $0 } }

  var environment: [String: String] {
    ["CONCLAVE_CONFIG": folder + "/conclave.json", "CONCLAVE_TOPIC_PREFIX": prefix, "CONCLAVE_DATA": folder + "/data"]
      .merging(
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") && !$0.key.hasSuffix("_API_KEY") }
      ) { own, _ in own }
  }

  var pid: Int32 { process.pid }

  /// What runs, by `run.json`.
  func run(sourceLocation: SourceLocation = #_sourceLocation) throws -> RunFile {
    try #require(RunFile.read(data: folder + "/data"), "run.json is not there", sourceLocation: sourceLocation)
  }

  func service(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> RunFile.Process {
    try #require(
      try run(sourceLocation: sourceLocation).services.first { $0.name == name }, "\(name) does not run",
      sourceLocation: sourceLocation)
  }

  /// SIGKILL to one process, as the kernel's out-of-memory killer would.
  func kill(_ name: String) throws -> Int32 {
    let victim = try service(name).pid
    Glibc.kill(victim, SIGKILL)
    return victim
  }

  func bus() throws -> BusSettings {
    BusSettings(bootstrap: try run().bus, kind: kafka == nil ? .embedded : .kafka, prefix: prefix)
  }

  // MARK: HTTP

  func post(_ body: JSON, to path: String = "/v1/chat/completions", headers: [(String, String)] = []) async throws
    -> HTTPResponse
  {
    try await send("POST", path, body.bytes, headers: headers)
  }

  func send(_ method: String, _ path: String, _ body: [UInt8] = [], headers: [(String, String)] = []) async throws
    -> HTTPResponse
  {
    let headers = [("content-type", "application/json")] + headers
    return try await client.send(
      HTTPRequest(
        method: method, url: try run().http + path, headers: headers, body: body,
        timeouts: HTTPRequest.Timeouts(connect: .seconds(5), total: .seconds(60))))
  }

  /// What a service's admin port says to `/readyz`; nil: nothing.
  func readiness(_ service: RunFile.Process) async -> Int? {
    guard let admin = service.admin else { return nil }
    let request = HTTPRequest(
      url: "http://\(admin)/readyz", timeouts: HTTPRequest.Timeouts(connect: .seconds(2), total: .seconds(3)))
    return try? await client.send(request).status
  }

  /// A metric of one service, summed over its labels.
  func metric(_ name: String, of service: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
    -> Double
  {
    let admin = try #require(try self.service(service).admin, sourceLocation: sourceLocation)
    let request = HTTPRequest(
      url: "http://\(admin)/metrics", timeouts: HTTPRequest.Timeouts(connect: .seconds(5), total: .seconds(20)))
    let lines = String(decoding: try await client.send(request).body, as: UTF8.self).split(separator: "\n").filter {
      $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ")
    }
    try #require(!lines.isEmpty, "\(service) shows no \(name)", sourceLocation: sourceLocation)
    return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// Waits until every service is ready again.
  func becomesReady(within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    try await eventually("every service is ready", within: limit, sourceLocation: sourceLocation) {
      guard let services = RunFile.read(data: folder + "/data")?.services else { return false }
      guard UpPlan.services.allSatisfy({ name in services.contains { $0.name == name } }) else { return false }
      for service in services where UpPlan.services.contains(service.name) {
        if await readiness(service) != 200 { return false }
      }
      return true
    }
  }

  // MARK: The end

  /// Ctrl-C. Everything must end by itself, and with status 0.
  func stop(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let services = (try? run().services) ?? []
    Glibc.kill(process.pid, SIGINT)
    try await eventually("up has ended: \(output)", within: .seconds(90), sourceLocation: sourceLocation) {
      process.end != nil
    }
    #expect(process.end == .status(0), "\(output)", sourceLocation: sourceLocation)
    for service in services {
      #expect(Glibc.kill(service.pid, 0) != 0, "\(service.instance) lives on", sourceLocation: sourceLocation)
    }
    #expect(RunFile.read(data: folder + "/data") == nil, sourceLocation: sourceLocation)
    abandon()
  }

  /// For whatever else ended it.
  func abandon() {
    process.kill()
    client.shutdown()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func waitForEnd() async throws -> ChildProcess.End? {
    try await eventually("up has ended", within: .seconds(60)) { process.end != nil }
    return process.end
  }

  static func newFolder() throws -> String {
    var path = Array((FileManager.default.temporaryDirectory.path + "/conclave-XXXXXX").utf8CString)
    try #require(mkdtemp(&path) != nil, "no folder can be made")
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Starts a system for one test and ends it afterwards, however the test went.
func withSystem(
  _ configuration: TestConfiguration = TestConfiguration(), callers: Int = 1, kafka: String? = RunningSystem.kafka,
  extra: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation,
  _ body: (RunningSystem) async throws -> Void
) async throws {
  let system = try await RunningSystem(configuration, kafka: kafka, callers: callers, extra: extra)
  do { try await body(system) } catch {
    let output = system.output
    system.abandon()
    Issue.record("what the system said:\n\(output.suffix(20_000))", sourceLocation: sourceLocation)
    throw error
  }
  try await system.stop(sourceLocation: sourceLocation)
}
