internal import CSandbox
internal import Glibc

/// The outer process of a sandbox: started with an empty environment and no descriptor but its output. When it ends,
/// whatever runs inside ends with it.
final class SandboxProcess {
  let pid: pid_t
  private let output: Int32
  private var hasEnded = false
  private var isOpen = true

  private init(pid: pid_t, output: Int32) {
    self.pid = pid
    self.output = output
  }

  deinit {
    kill()
    close(output)
  }

  static func start(_ arguments: [String]) -> Result<SandboxProcess, SearchFailure> {
    var pipes: [Int32] = [-1, -1, -1, -1]
    defer { for descriptor in pipes where descriptor >= 0 { close(descriptor) } }
    let areMade = pipes.withUnsafeMutableBufferPointer { pipes -> Bool in
      guard let base = pipes.baseAddress else { return false }
      return conclave_sandbox_pipe(base, O_CLOEXEC) == 0 && conclave_sandbox_pipe(base + 2, O_CLOEXEC) == 0
    }
    guard areMade else { return .failure(SearchFailure("no pipe can be made; raise ulimit -n")) }
    // short enough for the pipe to take it at once
    let filter = Syscalls.filter
    _ = filter.withUnsafeBytes { write(pipes[3], $0.baseAddress, $0.count) }
    close(pipes[3])
    pipes[3] = -1

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
    posix_spawn_file_actions_adddup2(&actions, pipes[2], Confinement.filterDescriptor)
    for descriptor in 3..<Confinement.filterDescriptor {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    conclave_sandbox_close_from(&actions, Confinement.filterDescriptor + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    let words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var pid: pid_t = 0
    let status = posix_spawn(&pid, arguments[0], &actions, &attributes, words, &environment)
    guard status == 0 else {
      return .failure(SearchFailure("\(arguments[0]) cannot be started: \(String(cString: strerror(status)))"))
    }
    let process = SandboxProcess(pid: pid, output: pipes[0])
    pipes[0] = -1
    _ = fcntl(process.output, F_SETFL, O_NONBLOCK)
    return .success(process)
  }

  /// Takes what there is, waiting at most `wait` milliseconds for it. False: nothing more will come (or, with `once`,
  /// nothing is there).
  func read(into bytes: inout [UInt8], limit: Int, wait: Int32, once: Bool = false) -> Bool {
    guard isOpen else { return false }
    var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, wait) > 0 else { return !once }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(output, &buffer, buffer.count)
    if count > 0 {
      bytes += buffer[..<min(count, max(0, limit - bytes.count))]
      return true
    }
    isOpen = count < 0 && (errno == EAGAIN || errno == EINTR)
    return isOpen && !once
  }

  /// How it ended; nil: it lives.
  func reap() -> SandboxEnd.Cause? {
    guard !hasEnded else { return nil }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    hasEnded = true
    let signal = status & 0x7F
    if signal != 0 { return .signalled(Int(signal)) }
    let code = Int(status >> 8 & 0xFF)
    // bubblewrap and shells tell a signal as a number above 128
    return code > 128 && code < 128 + 65 ? .signalled(code - 128) : .exited(code)
  }

  /// Ends it and everything in it, and waits until the kernel has.
  func kill() {
    guard !hasEnded else { return }
    Glibc.kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    hasEnded = true
  }
}
