internal import Glibc
internal import Threads

/// Ctrl-C while somebody waits: the first one does what `first` was told, so that nothing goes on that nobody waits for;
/// without that, and the second time, the process ends.
final class Interrupts: Sendable {
  private let action = Lock<(@Sendable () -> Void)?>(nil)

  /// Made on the main thread before any other thread is.
  init() {
    let signals = StopSignals()
    _ = NamedThread.start("interrupts") { [action] in
      var signal = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
      while true {
        poll(&signal, 1, -1)
        guard signals.next() != nil else { continue }
        let first = action.withLock { action in
          defer { action = nil }
          return action
        }
        guard let first else { _exit(1) }
        first()
      }
    }
  }

  func first(_ body: @escaping @Sendable () -> Void) { action.withLock { $0 = body } }
}
