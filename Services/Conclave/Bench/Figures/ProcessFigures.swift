internal import FoundationEssentials
internal import Glibc

/// What the kernel knows of a process.
enum ProcessFigures {
  /// Seconds of CPU so far, of all its threads, by the process's own clock (nanoseconds, not ticks of ten milliseconds);
  /// 0 where it is gone.
  static func cpu(_ pid: Int32) -> Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Megabytes in memory, of which pages shared with other processes count in part (PSS): sums over processes are then
  /// what they take together. 0 where it is gone or another user's.
  static func memory(_ pid: Int32) -> Double {
    let lines = read("/proc/\(pid)/smaps_rollup")?.split(separator: "\n")
    let words = lines?.first { $0.hasPrefix("Pss:") }?.split(separator: " ")
    return (words?.dropFirst().first.flatMap { Double($0) } ?? 0) * 1_024 / 1e6
  }

  /// Seconds of CPU of each thread of this process.
  static var ownThreads: [String: Double] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return threads.reduce(into: [:]) { known, thread in
      let figures = read("/proc/self/task/\(thread)/schedstat")?.split(separator: " ")
      if let nanoseconds = figures?.first.flatMap({ Double($0) }) { known[thread] = nanoseconds / 1e9 }
    }
  }

  private static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
