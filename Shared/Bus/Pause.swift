internal import Glibc

/// A short pause of a thread of our own between two tries; never on the cooperative pool.
enum Pause {
  static func milliseconds(_ count: Int) { usleep(UInt32(count) * 1000) }
  static func microseconds(_ count: UInt32) { usleep(count) }
}
