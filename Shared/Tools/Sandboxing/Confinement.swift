internal import Glibc

/// The command line that shuts a program in: no network, the system read-only, one folder to write in that vanishes,
/// processes and names of its own, nothing of the service's environment or files.
struct Confinement: Sendable {
  static let folder = "/work"
  /// The descriptor on which bubblewrap finds its filter.
  static let filterDescriptor: Int32 = 9
  /// Who runs it where the service is root: root's processes could not be counted.
  private static let nobody = "65534"

  private let settings: ToolSettings.Bash
  private let bubblewrap: String
  /// Present where the service runs as root.
  private let setpriv: String?

  /// Or what is missing.
  static func find(_ settings: ToolSettings.Bash) -> Result<Confinement, SearchFailure> {
    func program(_ name: String) -> String? {
      ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
    }
    guard let bubblewrap = program("bwrap") else {
      return .failure(SearchFailure("bubblewrap is not installed; apt-get install bubblewrap"))
    }
    guard geteuid() == 0 else { return .success(Confinement(settings, bubblewrap, nil)) }
    guard let setpriv = program("setpriv") else {
      return .failure(SearchFailure("setpriv is not installed, which root needs; apt-get install util-linux"))
    }
    return .success(Confinement(settings, bubblewrap, setpriv))
  }

  private init(_ settings: ToolSettings.Bash, _ bubblewrap: String, _ setpriv: String?) {
    self.settings = settings
    self.bubblewrap = bubblewrap
    self.setpriv = setpriv
  }

  func arguments(_ command: String) -> [String] {
    var line: [String] = []
    if let setpriv {
      line += [setpriv, "--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", "--clear-groups", "--no-new-privs"]
    }
    line += [
      bubblewrap, "--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session",
      "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox",
      "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
    ]
    for name in ["bin", "sbin", "lib", "lib64", "lib32"] { line += Self.root(name) }
    line += masks
    line += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    line += ["--size", "\(settings.folderBytes)", "--tmpfs", Self.folder, "--symlink", "work", "/tmp"]
    line += ["--remount-ro", "/", "--chdir", Self.folder, "--clearenv"]
    let environment = [
      ("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), ("HOME", Self.folder), ("TMPDIR", Self.folder), ("LANG", "C.UTF-8"),
      ("TERM", "dumb"),
    ]
    for (name, value) in environment { line += ["--setenv", name, value] }
    if !Syscalls.filter.isEmpty { line += ["--seccomp", "\(Self.filterDescriptor)"] }
    return line + ["/bin/bash", "-c", limits, command]
  }

  /// What the command cannot raise again. It is the first to go when the machine's memory is short, and the last to be
  /// given the processor. Few descriptors, because what waits in a socket between processes is memory too.
  private var limits: String {
    let kilobytes = settings.memoryBytes / 1024
    let file = settings.folderBytes / 1024
    return """
      echo 1000 >/proc/self/oom_score_adj 2>/dev/null
      ulimit -c 0 -n 64 -t \(settings.cpuSeconds) -u \(settings.processes) -v \(kilobytes) -f \(file) || exit 125
      exec nice -n 10 /bin/bash -c "$0"
      """
  }

  /// Directories of the root are links into /usr on most systems, and folders of their own on some.
  private static func root(_ name: String) -> [String] {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/\(name)", &target, target.count - 1)
    if length > 0 {
      let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return ["--symlink", text, "/\(name)"]
    }
    return access("/\(name)", F_OK) == 0 ? ["--ro-bind", "/\(name)", "/\(name)"] : []
  }

  /// Below /usr lies what the system's packages brought, and perhaps the service itself.
  private var masks: [String] {
    var line: [String] = []
    for path in ["/usr/local", "/usr/src"] + settings.hidden {
      guard path.hasPrefix("/usr/") else { continue }
      var status = stat()
      guard stat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        line += ["--size", "4096", "--tmpfs", path, "--remount-ro", path]
      } else {
        line += ["--ro-bind", "/dev/null", path]
      }
    }
    return line
  }
}
