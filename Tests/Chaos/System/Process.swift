internal import FoundationEssentials
internal import Glibc

/// Another process as the kernel shows it: one of the system's services, found in `run.json`.
enum Process {
  static func send(_ signal: Int32, to pid: Int32, program: String) throws(Failure) {
    // a number is reused: only the program that is meant is ever signalled
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
    guard let path, path.hasSuffix("/\(program)") else { throw Failure("process \(pid) is not \(program)") }
    guard kill(pid, signal) == 0 else { throw Failure("\(program) (\(pid)) cannot be signalled") }
  }

  /// False also where it has ended and nobody has taken notice yet.
  static func isRunning(_ pid: Int32) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) != nil
  }

  static func environment(of pid: Int32) -> [String: String] {
    var environment: [String: String] = [:]
    for entry in (Files.read("/proc/\(pid)/environ") ?? []).split(separator: 0) {
      let text = String(decoding: entry, as: UTF8.self)
      guard let equals = text.firstIndex(of: "=") else { continue }
      environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    return environment
  }

  /// Resident memory now and at its highest, in MB; nil where the process is gone.
  static func memory(of pid: Int32) -> (now: Double, highest: Double)? {
    guard let status = Files.text("/proc/\(pid)/status") else { return nil }
    func megabytes(_ name: String) -> Double? {
      guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) }.map {
        $0 / 1024
      }
    }
    guard let now = megabytes("VmRSS:"), let highest = megabytes("VmHWM:") else { return nil }
    return (now, highest)
  }
}
