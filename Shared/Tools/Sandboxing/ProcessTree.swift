internal import Glibc

/// What runs below a process: how many, and how much memory is theirs alone.
struct ProcessTree {
  private(set) var processes = 0
  private(set) var memoryBytes = 0

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
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    while let pid = waiting.popLast() {
      processes += 1
      memoryBytes += Self.pages(pid) * page
      waiting += children[pid] ?? []
    }
  }

  private static func parent(_ pid: pid_t) -> pid_t? {
    guard let text = text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    // after the name, which may hold anything: state, parent
    let fields = text[text.index(after: end)...].split(separator: " ", maxSplits: 2)
    return fields.count > 1 ? pid_t(fields[1]) : nil
  }

  /// Resident and not shared.
  private static func pages(_ pid: pid_t) -> Int {
    let fields = (text("/proc/\(pid)/statm") ?? "").split(separator: " ", maxSplits: 3).compactMap { Int($0) }
    return fields.count > 2 ? max(0, fields[1] - fields[2]) : 0
  }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1_024)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
