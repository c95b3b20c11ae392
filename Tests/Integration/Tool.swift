import Foundation
import Testing

/// A program that runs to its end, with its two outputs apart.
enum Tool {
  struct Result {
    let status: Int32
    let output: String
    let error: String
  }

  /// Off the cooperative pool: it waits for the program.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil, input: String = ""
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        do { continuation.resume(returning: try wait(program, arguments, environment, input)) } catch {
          continuation.resume(throwing: error)
        }
      }
      thread.start()
    }
  }

  private static func wait(
    _ program: String, _ arguments: [String], _ environment: [String: String]?, _ input: String
  ) throws -> Result {
    let folder = try RunningSystem.newFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let names = ["in", "out", "err"].map { folder + "/" + $0 }
    try Data(input.utf8).write(to: URL(filePath: names[0]))
    for name in names[1...] { try Data().write(to: URL(filePath: name)) }
    let process = Process()
    process.executableURL = URL(filePath: program.hasPrefix("/") ? program : "/usr/bin/env")
    process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
    if let environment { process.environment = environment }
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: names[0]))
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: names[1]))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: names[2]))
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(filePath: name)), as: UTF8.self)
    }
    return Result(status: process.terminationStatus, output: try text(names[1]), error: try text(names[2]))
  }
}
