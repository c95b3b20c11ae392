import Foundation
import Glibc
import Testing
import Threads

@testable import Conclave

/// A program that runs to its end, with its two outputs apart.
enum Tool {
  struct Result {
    let status: Int32
    let output: String
    let error: String
  }

  private static let redirect = #"in=$1 out=$2 err=$3; shift 3; exec "$@" <"$in" >"$out" 2>"$err""#

  /// Waited for on a thread of its own. What the program leaves behind running (a node of Kafka) is not waited for, which
  /// Foundation's `Process` would do.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil, input: String = ""
  ) async throws -> Result {
    let folder = try RunningSystem.newFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let names = ["in", "out", "err"].map { folder + "/" + $0 }
    try Data(input.utf8).write(to: URL(filePath: names[0]))
    let words = ["-c", redirect, "sh"] + names + [program] + arguments
    let environment = environment ?? ProcessInfo.processInfo.environment
    let end: ChildProcess.End? = await withCheckedContinuation { continuation in
      _ = NamedThread.start("tool") {
        guard let child = try? ChildProcess("/bin/sh", words, environment: environment) else {
          return continuation.resume(returning: nil)
        }
        close(child.output)
        var ended = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&ended, 1, -1) < 0 {}
        continuation.resume(returning: child.reap())
      }
    }
    func text(_ name: String) -> String {
      String(decoding: FileManager.default.contents(atPath: name) ?? Data(), as: UTF8.self)
    }
    guard case .status(let status) = try #require(end, "\(program) could not be started") else {
      return Result(status: -1, output: text(names[1]), error: text(names[2]))
    }
    return Result(status: status, output: text(names[1]), error: text(names[2]))
  }
}
