import Glibc
import Testing
import Threads

@testable import Conclave

@Suite("A child process", .timeLimit(.minutes(1))) struct ChildProcessTests {
  /// A child and what was learnt of it, made on one thread and looked at on another.
  // Unchecked: the thread that made it is joined before anyone looks.
  private final class Made: @unchecked Sendable {
    var child: ChildProcess?
    var end: ChildProcess.End?
  }

  @Test("goes with the thread that started it, which is what a SIGKILL of the whole does") func orphan() async throws {
    let made = Made()
    NamedThread.start("short-lived") {
      made.child = try? ChildProcess("/bin/sleep", ["600"], environment: [:])
    }.join()
    let child = try #require(made.child)
    try await eventually("it has been killed") {
      made.end = made.end ?? child.reap()
      return made.end != nil
    }
    #expect(made.end == .signal(SIGKILL))
  }

  @Test("has its own descriptors and no others") func descriptors() throws {
    let made = Made()
    let lines = Lock<[String]>([])
    let log = LogForwarder { text in lines.withLock { $0.append(text) } }
    NamedThread.start("starter") {
      made.child = try? ChildProcess("/bin/sh", ["-c", "exec ls /proc/self/fd"], environment: [:])
      guard let child = made.child else { return }
      log.add(child.output, name: "ls")
      var ended = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&ended, 1, 10_000)
      made.end = child.reap()
    }.join()
    log.finish()
    #expect(made.end == .status(0))
    // 4 is the folder that ls itself has open
    #expect(lines.withLock { $0.joined() } == "ls | 0\nls | 1\nls | 2\nls | 3\nls | 4\n")
  }

  @Test("tells how it ended, once", arguments: [("exit 7", ChildProcess.End.status(7)), ("kill -9 $$", .signal(9))])
  func ends(_ script: String, _ expected: ChildProcess.End) {
    let made = Made()
    NamedThread.start("starter") {
      made.child = try? ChildProcess("/bin/sh", ["-c", script], environment: [:])
      guard let child = made.child else { return }
      close(child.output)
      var ended = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&ended, 1, 10_000)
      made.end = child.reap()
    }.join()
    #expect(made.end == expected)
    #expect(made.child?.reap() == nil)
  }
}
