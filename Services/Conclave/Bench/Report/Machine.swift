internal import Deliberation
internal import FoundationEssentials
internal import Glibc

/// What a measurement ran on, for its reader.
struct Machine: Sendable {
  let cores: Int
  let model: String
  let gigabytes: Double
  /// How busy it was when the measurement began: the mean of the minute before.
  let load: Double

  init() {
    cores = ProcessInfo.processInfo.activeProcessorCount
    gigabytes = Double(ProcessInfo.processInfo.physicalMemory) / 1e9
    let lines = Self.read("/proc/cpuinfo").split(separator: "\n")
    let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    model = name.map { String($0.drop { $0 == " " }) } ?? "an unknown processor"
    load = Self.read("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0
  }

  var description: String {
    "\(cores) cores of \(model), \(BenchTable.rounded(gigabytes, 0)) GB, load \(BenchTable.rounded(load, 1))"
  }

  var json: JSON {
    [
      "cores": .int(Int64(cores)), "processor": .string(model), "gigabytes": .double(gigabytes),
      "load_before": .double(load),
    ]
  }

  private static func read(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
