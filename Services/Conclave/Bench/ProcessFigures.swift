internal import FoundationEssentials
internal import Glibc

/// What the kernel knows of a process.
enum ProcessFigures {
  /// Seconds of CPU so far, of all its threads; 0 where it is gone.
  static func cpu(_ pid: Int32) -> Double {
    guard let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return 0 }
    let fields = text[end...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Megabytes in memory; 0 where it is gone.
  static func memory(_ pid: Int32) -> Double {
    guard let text = read("/proc/\(pid)/statm"), let pages = text.split(separator: " ").dropFirst().first,
      let count = Double(pages)
    else { return 0 }
    return count * Double(getpagesize()) / 1e6
  }

  private static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
