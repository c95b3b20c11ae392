internal import Glibc
internal import Threads

/// A process of the benchmark: started, heard, and ended with it.
final class BenchChild {
  let pid: Int32
  private let child: ChildProcess
  private let forwarding: NamedThread.Handle

  init(_ program: String, _ arguments: [String], _ environment: [String: String]) throws(CommandError) {
    do throws(ChildProcessError) {
      child = try ChildProcess(program, arguments, environment: environment)
    } catch { throw .failed("\(error)") }
    pid = child.pid
    let output = child.output
    forwarding = NamedThread.start("bench-output") {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = read(output, &buffer, buffer.count)
        guard count > 0 else { break }
        Output.error(String(decoding: buffer[..<count], as: UTF8.self))
      }
      close(output)
    }
  }

  /// The line that it says once its doors are open.
  func announcement(within limit: Duration) throws(CommandError) -> Announcement {
    let end = ContinuousClock.now + limit
    var line: [UInt8] = []
    while ContinuousClock.now < end, line.last != UInt8(ascii: "\n") {
      var waiting = pollfd(fd: child.announcements, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 100) > 0 else { continue }
      var byte: UInt8 = 0
      guard read(child.announcements, &byte, 1) == 1 else { break }
      line.append(byte)
    }
    guard let announcement = Announcement(line: line) else { throw .failed("a process did not say where it is") }
    return announcement
  }

  func signal(_ number: Int32) { child.signal(number) }

  func end() {
    child.signal(SIGKILL)
    var ended = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
    poll(&ended, 1, 5_000)
    _ = child.reap()
    forwarding.join()
  }
}
