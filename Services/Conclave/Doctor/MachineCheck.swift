internal import FoundationEssentials
internal import Glibc
internal import Threads

/// The packages and tools of this machine.
enum MachineCheck {
  static func findings() -> [Finding] {
    var findings: [Finding] = []
    // Beside a source tree the list is at hand; a program that was installed by itself has linked what it needs.
    if let packages = packages() {
      let missing = packages.filter { !isInstalled($0) }
      findings.append(
        missing.isEmpty
          ? .ok("packages", "all \(packages.count) are installed")
          : .fail(
            "packages",
            "missing: \(missing.joined(separator: " ")); apt-get install -y \(missing.joined(separator: " "))"))
    }
    for (tool, use) in [("kcat", "looking at topics by hand"), ("curl", "asking over HTTP by hand")]
    where !isOnPath(tool) {
      findings.append(.warn(tool, "not installed; \(use) needs it: apt-get install -y \(tool)"))
    }
    return findings
  }

  /// What `deploy/packages` lists, where this program lies in a source tree.
  private static func packages() -> [String]? {
    var folder = UpPlan.executableFolder[...]
    while !folder.isEmpty {
      if let bytes = FileManager.default.contents(atPath: folder + "/deploy/packages") {
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
          line.hasPrefix("#") ? nil : line.split(separator: " ").first.map(String.init)
        }
      }
      folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
    }
    return nil
  }

  /// What dpkg keeps of a package that is there; with the architecture in the name where there may be several.
  private static func isInstalled(_ package: String) -> Bool {
    #if arch(x86_64)
      let architecture = "amd64"
    #else
      let architecture = "arm64"
    #endif
    let lists = ["/var/lib/dpkg/info/\(package).list", "/var/lib/dpkg/info/\(package):\(architecture).list"]
    return lists.contains { access($0, F_OK) == 0 }
  }

  private static func isOnPath(_ tool: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(tool)", X_OK) == 0 }
  }
}
