internal import Glibc

/// A pause of a thread that has nothing else to do.
enum Pause {
  static func milliseconds(_ count: Int32) { _ = poll(nil, 0, count) }
}
