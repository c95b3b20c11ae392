internal import CSandbox
internal import Glibc

/// Runs a command shut in, and ends it when it takes more than it may. Blocks the thread it is called on, which must live
/// as long as the sandbox: the kernel ends the sandbox with it.
struct Sandbox: Sendable {
  private let settings: ToolSettings.Bash
  private let confinement: Confinement

  /// How often it is looked at.
  private static let every: Int32 = 20

  /// Tries it out. Or why it cannot be used here, and what to do.
  static func probe(_ settings: ToolSettings.Bash) -> Result<Sandbox, SearchFailure> {
    switch Confinement.find(settings) {
    case .failure(let why): return .failure(why)
    case .success(let confinement):
      let sandbox = Sandbox(settings, confinement)
      let end = sandbox.run("echo fine", within: .seconds(10), StopFlag())
      if end.cause == .exited(0), end.output.starts(with: "fine".utf8) { return .success(sandbox) }
      let said = String(decoding: end.output.prefix(300), as: UTF8.self).split(separator: "\n").first ?? ""
      return .failure(
        SearchFailure(
          "bubblewrap cannot run here (\(end.cause) \(said)); allow unprivileged user namespaces"
            + " (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"))
    }
  }

  private init(_ settings: ToolSettings.Bash, _ confinement: Confinement) {
    self.settings = settings
    self.confinement = confinement
  }

  func run(_ command: String, within limit: Duration, _ stop: StopFlag) -> SandboxEnd {
    let child: SandboxProcess
    switch SandboxProcess.start(confinement.arguments(command)) {
    case .failure(let why): return SandboxEnd(cause: .unstarted(why.description))
    case .success(let started): child = started
    }
    let end = ContinuousClock.now + min(limit, settings.timeout)
    var result = SandboxEnd(cause: .overTime)
    while true {
      let isOpen = child.read(into: &result.output, limit: settings.outputBytes + 1, wait: Self.every)
      if let cause = breach(child, &result, end, stop) {
        result.cause = cause
        break
      }
      // the end of the output is not the end of the command, nor the other way round: what it leaves behind may write on
      if let ended = child.reap() {
        result.cause = ended
        while child.read(into: &result.output, limit: settings.outputBytes + 1, wait: 0, once: true) {}
        break
      }
      if !isOpen { usleep(useconds_t(Self.every) * 1_000) }
    }
    child.kill()
    if result.output.count > settings.outputBytes {
      result.output.removeLast(result.output.count - settings.outputBytes)
      if case .exited = result.cause { result.cause = .overOutput }
    }
    return result
  }

  private func breach(
    _ child: SandboxProcess, _ result: inout SandboxEnd, _ end: ContinuousClock.Instant, _ stop: StopFlag
  ) -> SandboxEnd.Cause? {
    if stop.isStopped { return .stopped }
    if result.output.count > settings.outputBytes { return .overOutput }
    if ContinuousClock.now >= end { return .overTime }
    let tree = ProcessTree(below: child.pid)
    result.processes = max(result.processes, tree.processes)
    result.memoryBytes = max(result.memoryBytes, tree.memoryBytes)
    if tree.memoryBytes > settings.memoryBytes { return .overMemory }
    // the kernel counts them itself; this is for one that does not
    if let files = files(tree), files > settings.files { return .overFiles }
    if tree.processes > 2 * settings.processes + 8 { return .overProcesses }
    return nil
  }

  /// Files and folders in the folder to write in; nil: it is not there yet, or nobody lives who sees it. Empty ones are no
  /// bytes to the folder's size, and memory of the kernel's all the same.
  private func files(_ tree: ProcessTree) -> Int? {
    var status = statfs()
    for pid in tree.pids.prefix(3) {
      // before it is shut in it sees the machine's own folders
      guard statfs("/proc/\(pid)/root\(Confinement.folder)", &status) == 0, status.f_type == Self.memoryFiles,
        Int(status.f_blocks) == (settings.folderBytes + Int(status.f_bsize) - 1) / Int(status.f_bsize)
      else { continue }
      return Int(status.f_files) - Int(status.f_ffree)
    }
    return nil
  }

  /// tmpfs
  private static let memoryFiles = 0x0102_1994
}
