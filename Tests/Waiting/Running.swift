internal import FoundationEssentials
internal import Glibc

/// Whether a process of that name runs: one whose command begins with it, as others hold the word in theirs.
package func isRunning(named name: String) -> Bool {
  let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return processes.contains { process in
    guard Int(process) != nil else { return false }
    // Foundation leaks what it read of a file that is empty, as that of a kernel's thread is
    let file = open("/proc/\(process)/cmdline", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var line = [UInt8](repeating: 0, count: name.utf8.count)
    return read(file, &line, line.count) == line.count && line.elementsEqual(name.utf8)
  }
}
