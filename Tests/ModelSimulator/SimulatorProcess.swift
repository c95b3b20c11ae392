import Deliberation
import Foundation
import Web

/// The built simulator as a process of its own, found beside the tests; it ends with them.
final class SimulatorProcess: Sendable {
  struct NotReady: Error { let said: String }

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
    guard let start = line.firstIndex(of: " ").map({ line[$0...] }), let place = start.range(of: "http://") else {
      throw NotReady(said: line)
    }
    url = start[place.lowerBound...].trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { process.terminate() }

  /// Asks to end and returns the exit status.
  func end() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  func get(_ path: String) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(url: url.replacingOccurrences(of: "/v1", with: "") + path))
  }

  func post(_ path: String, _ body: JSON) async throws -> HTTPResponse {
    try await client.send(
      HTTPRequest(method: "POST", url: url.replacingOccurrences(of: "/v1", with: "") + path, body: body.bytes))
  }

  func complete(
    _ body: JSON, headers: [(String, String)] = [], timeouts: HTTPRequest.Timeouts = .init(total: .seconds(20)),
    limit: Int = 8_000_000
  ) async throws(HTTPError) -> HTTPResponse {
    try await client.send(
      HTTPRequest(
        method: "POST", url: url + "/chat/completions", headers: [("content-type", "application/json")] + headers,
        body: body.bytes, timeouts: timeouts, maxBodyBytes: limit))
  }

  func metric(_ name: String) async throws -> Double? {
    let text = String(decoding: try await get("/metrics").body, as: UTF8.self)
    return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
      Double($0.split(separator: " ")[1])
    }
  }
}
