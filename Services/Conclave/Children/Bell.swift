internal import CProcess
internal import Glibc

/// What one thread rings to wake another one out of its poll.
final class Bell: Sendable {
  /// Readable from a ring until it is hushed.
  let descriptor: Int32

  init() {
    descriptor = conclave_bell()
    precondition(descriptor >= 0, "no descriptor is left for a bell: \(descriptor)")
  }

  deinit { close(descriptor) }

  func ring() { conclave_ring(descriptor) }
  func hush() { conclave_hush(descriptor) }
}
