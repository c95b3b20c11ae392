import Glibc
import Threads

@testable import Conclave

/// A process that a thread of its own starts and waits for; it is killed when that thread ends, and so with the test.
final class KeptProcess: Sendable {
  private struct State {
    var pid: Int32 = 0
    var end: ChildProcess.End?
    var failure: String?
  }

  private let state = Lock(State())

  init(
    _ program: String, _ arguments: [String], environment: [String: String],
    output: @escaping @Sendable (String) -> Void
  ) {
    let isStarted = Bell()
    _ = NamedThread.start("kept-process") { [state] in
      do {
        let child = try ChildProcess(program, arguments, environment: environment)
        child.closeAnnouncements()
        state.withLock { $0.pid = child.pid }
        isStarted.ring()
        let log = LogForwarder(write: output)
        log.add(child.output, name: "")
        var ended = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&ended, 1, -1) < 0 {}
        let end = child.reap()
        log.finish()
        state.withLock { $0.end = end }
      } catch {
        output("\(error)\n")
        state.withLock { $0.end = .status(127) }
        isStarted.ring()
      }
    }
    var started = pollfd(fd: isStarted.descriptor, events: Int16(POLLIN), revents: 0)
    poll(&started, 1, 20_000)
  }

  var pid: Int32 { state.withLock { $0.pid } }
  /// How it ended; nil while it lives.
  var end: ChildProcess.End? { state.withLock { $0.end } }

  func kill() {
    let (pid, isOver) = state.withLock { ($0.pid, $0.end != nil) }
    if !isOver, pid > 0 { Glibc.kill(pid, SIGKILL) }
  }
}
