import Bus
import Deliberation
import Foundation
import SimulatorUnderTest
import Web

/// The built model-caller as a process of its own, on the test's broker; it ends with the test.
final class CallerProcess: Sendable {
  struct NotReady: Error { let why: String }

  private let process: Foundation.Process
  private let admin: String
  private let client = HTTPClient()
  private let folder: URL

  /// `provider` is asked instead of the simulator; what the process says goes to a file where `log` is more than usual.
  /// `CONCLAVE_TEST_BINARIES` names a folder with binaries of another build (a release, to measure).
  init(
    _ bus: BusSettings, simulator: String, inFlight: Int, instance: String? = nil, models: [String],
    share: String? = nil, tools: JSON = [:], provider: JSON? = nil, variables: [String: String] = [:],
    log: String = "warning"
  ) throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let binaries =
      ProcessInfo.processInfo.environment["CONCLAVE_TEST_BINARIES"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: own).deletingLastPathComponent()
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("caller-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let configuration: JSON = [
      "providers": ["sim": provider ?? ["base_url": "https://provider.example/v1", "format": "openai"]],
      "models": .array(
        models.map {
          [
            "slug": .string($0), "price": ["input": 1, "output": 2],
            "via": [["provider": "sim", "name": .string($0)]],
          ]
        }),
      "presets": ["general-high": ["panel": .array(models.prefix(2).map(JSON.string)), "judge": .string(models[0])]],
      "lanes": ["default": ["max_concurrency": .int(Int64(inFlight))]], "tools": tools,
    ]
    let file = folder.appendingPathComponent("conclave.json")
    try Data(configuration.bytes).write(to: file)
    let port = try FreePort.find()
    admin = "http://127.0.0.1:\(port)"
    process = Foundation.Process()
    process.executableURL = binaries.appendingPathComponent("model-caller")
    var environment = [
      "CONCLAVE_KAFKA": bus.bootstrap, "CONCLAVE_TOPIC_PREFIX": bus.prefix, "CONCLAVE_CONFIG": file.path,
      "CONCLAVE_ADMIN": "127.0.0.1:\(port)", "CONCLAVE_DATA": folder.path, "CONCLAVE_LOG": log,
      "PATH": "/usr/bin:/bin",
    ].merging(variables) { _, given in given }
    if provider == nil { environment["CONCLAVE_SIMULATOR"] = simulator }
    environment["CONCLAVE_PARTITIONS"] = bus.partitions.map(String.init)
    environment["CONCLAVE_INSTANCE"] = instance
    if bus.kind == .embedded {
      environment["CONCLAVE_EMBEDDED"] = "1"
      environment["CONCLAVE_SHARE"] = share ?? "0/1"
    }
    for name in ["LD_LIBRARY_PATH", "HOME"] { environment[name] = ProcessInfo.processInfo.environment[name] }
    process.environment = environment
    let words = folder.appendingPathComponent("words")
    if log != "warning" {
      try Data().write(to: words)
      let file = try FileHandle(forWritingTo: words)
      process.standardOutput = file
      process.standardError = file
    }
    try process.run()
  }

  /// All that it has written, to its log and to the files of its data folder, and what its admin door shows.
  func said() async throws -> String {
    var text = String(decoding: try await client.send(HTTPRequest(url: admin + "/metrics")).body, as: UTF8.self)
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      text += String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
    return text
  }

  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  func kill() {
    _ = Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func end() { process.terminate() }

  deinit {
    if process.isRunning { _ = Foundation.kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  func ready(within limit: Duration = .seconds(20)) async throws {
    let deadline = ContinuousClock.now + limit
    while deadline > .now {
      if let answer = try? await client.send(HTTPRequest(url: admin + "/readyz")), answer.status == 200 { return }
      guard process.isRunning else { throw NotReady(why: "it ended with status \(process.terminationStatus)") }
      await pace(.milliseconds(10))
    }
    throw NotReady(why: "not ready in time")
  }

  /// The sum over all labels.
  func metric(_ name: String) async throws -> Double {
    let text = String(decoding: try await client.send(HTTPRequest(url: admin + "/metrics")).body, as: UTF8.self)
    return text.split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// Resident memory in MB: now, and the most there ever was.
  var memory: (now: Int, most: Int) {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    func value(_ name: String) -> Int {
      text.split(separator: "\n").first { $0.hasPrefix(name) }
        .flatMap { Int($0.split(whereSeparator: { !$0.isNumber }).first ?? "") }.map { $0 / 1024 } ?? 0
    }
    return (value("VmRSS"), value("VmHWM"))
  }

  /// Seconds of processor time so far.
  var processorTime: Double {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / 100
  }
}
