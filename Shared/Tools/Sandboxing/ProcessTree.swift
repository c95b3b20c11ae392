internal import Glibc

/// What runs below a process: how many, and how much memory is theirs and no file's.
struct ProcessTree {
  private(set) var pids: [pid_t] = []
  private(set) var memoryBytes = 0

  var processes: Int { pids.count }

  /// Reads `/proc`. What ends meanwhile is not counted.
  init(below root: pid_t) {
    guard let directory = opendir("/proc") else { return }
    var children: [pid_t: [pid_t]] = [:]
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), let parent = Self.parent(pid) else { continue }
      children[parent, default: []].append(pid)
    }
    closedir(directory)
    var waiting = children[root] ?? []
    while let pid = waiting.popLast() {
      pids.append(pid)
      memoryBytes += Self.memory(pid)
      waiting += children[pid] ?? []
    }
  }

  private static func parent(_ pid: pid_t) -> pid_t? {
    guard let text = text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    // after the name, which may hold anything: state, parent
    let fields = text[text.index(after: end)...].split(separator: " ", maxSplits: 2)
    return fields.count > 1 ? pid_t(fields[1]) : nil
  }

  /// Its own and what it shares with others of its kind (each is counted for it), in memory or moved out of it.
  private static func memory(_ pid: pid_t) -> Int {
    guard let text = text("/proc/\(pid)/status") else { return 0 }
    var kilobytes = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(maxSplits: 2, whereSeparator: { $0 == " " || $0 == "\t" })
      guard fields.count > 1, ["RssAnon:", "RssShmem:", "VmSwap:"].contains(fields[0]) else { continue }
      kilobytes += Int(fields[1]) ?? 0
    }
    return kilobytes * 1024
  }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
