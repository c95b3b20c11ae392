import Deliberation
import Foundation
import Web

/// The built simulator as a process of its own, found beside the tests; it ends with them.
final class SimulatorProcess: Sendable {
  struct NotReady: Error { let said: String }

  /// With `/v1` at its end.
  let url: String
  private let process: Foundation.Process
  private let client = HTTPClient()

  init(_ arguments: [String] = ["--latency", "0"]) throws {
    process = Foundation.Process()
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent()
      .appendingPathComponent("model-simulator")
    process.arguments = ["--port", "0", "--with-parent"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var said = Data()
    while !said.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      said += more
    }
    let line = String(decoding: said, as: UTF8.self)
    guard let place = line.range(of: "http://") else { throw NotReady(said: line) }
    url = line[place.lowerBound...].trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { process.terminate() }

  private var root: String { String(url.dropLast("/v1".count)) }

  func metric(_ name: String) async throws -> Double {
    let text = String(decoding: try await client.send(HTTPRequest(url: root + "/metrics")).body, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Double($0.split(separator: " ")[1]) } ?? 0
  }

  func behave(_ body: JSON) async throws {
    _ = try await client.send(HTTPRequest(method: "POST", url: root + "/behave", body: body.bytes))
  }
}
