package import Deliberation
internal import Foundation
package import Web

/// The built simulator as a process of its own, found beside the tests; it ends with them.
package final class SimulatorProcess: Sendable {
  package struct NotReady: Error { package let said: String }

  /// With `/v1` at its end.
  package let url: String
  /// The door for faults below HTTP, where `--faults-port` asked for one; a fault's name and `/v1` follow.
  package let faults: String?
  private let process: Foundation.Process
  private let client = HTTPClient()

  package init(_ arguments: [String] = ["--latency", "0"]) throws {
    process = Foundation.Process()
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent()
      .appendingPathComponent("model-simulator")
    process.arguments = ["--port", "0", "--with-parent"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let expected = arguments.contains("--faults-port") ? 2 : 1
    var said = Data()
    while said.count(where: { $0 == UInt8(ascii: "\n") }) < expected {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      said += more
    }
    let text = String(decoding: said, as: UTF8.self)
    let urls = text.split(separator: "\n").compactMap { line in
      line.range(of: "http://").map { line[$0.lowerBound...].trimmingCharacters(in: .whitespaces) }
    }
    guard urls.count == expected, let last = urls.last else { throw NotReady(said: text) }
    url = last
    faults = urls.count > 1 ? urls[0] : nil
  }

  deinit { process.terminate() }

  package var identifier: Int32 { process.processIdentifier }

  private var root: String { String(url.dropLast("/v1".count)) }

  /// Asks to end and returns the exit status.
  package func end() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  package func get(_ path: String) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(url: root + path))
  }

  package func post(_ path: String, _ body: JSON) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(method: "POST", url: root + path, body: body.bytes))
  }

  package func complete(
    _ body: JSON, headers: [(String, String)] = [], timeouts: HTTPRequest.Timeouts = .init(total: .seconds(20)),
    limit: Int = 8_000_000
  ) async throws(HTTPError) -> HTTPResponse {
    try await client.send(
      HTTPRequest(
        method: "POST", url: url + "/chat/completions", headers: [("content-type", "application/json")] + headers,
        body: body.bytes, timeouts: timeouts, maxBodyBytes: limit))
  }

  package func behave(_ body: JSON) async throws { _ = try await post("/behave", body) }

  package func metric(_ name: String) async throws -> Double {
    let text = String(decoding: try await get("/metrics").body, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Double($0.split(separator: " ")[1]) } ?? 0
  }
}
