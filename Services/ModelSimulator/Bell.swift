internal import Glibc

/// Wakes a thread that sleeps: a pipe, because what Swift sees of the C library has no eventfd.
final class Bell: Sendable {
  private let reading: CInt
  private let writing: CInt

  init() {
    var ends: [CInt] = [-1, -1]
    let status = pipe(&ends)
    precondition(status == 0, "no pipe for the timers' bell: errno \(errno)")
    (reading, writing) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// A full pipe is a bell that rings already.
  func ring() {
    var byte: UInt8 = 1
    _ = write(writing, &byte, 1)
  }

  /// Returns when it rings, or when the time is over; nil waits for the bell alone.
  func wait(milliseconds: Int?) {
    var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    let timeout = milliseconds.map { CInt(clamping: $0) } ?? -1
    guard poll(&descriptor, 1, timeout) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 256)
    _ = read(reading, &bytes, bytes.count)
  }
}
