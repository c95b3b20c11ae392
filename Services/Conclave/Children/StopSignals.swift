internal import CProcess
internal import Glibc

/// SIGINT and SIGTERM as something to read rather than something that interrupts. Made before any other thread is, as
/// those inherit that the two are blocked.
final class StopSignals: Sendable {
  /// Readable when one has come.
  let descriptor: Int32

  init() {
    descriptor = conclave_take_signals()
    precondition(descriptor >= 0, "signals cannot be read: \(descriptor)")
  }

  deinit { close(descriptor) }

  /// The next one that came; nil: none.
  func next() -> Int32? {
    let number = conclave_next_signal(descriptor)
    return number == 0 ? nil : number
  }
}
