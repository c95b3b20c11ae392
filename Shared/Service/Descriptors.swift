internal import Glibc

/// How many files and sockets this process may have open.
enum Descriptors {
  /// The usual soft limit of 1,024 is less than one service's connections; the hard one is what the administrator meant.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // where it is refused, what needs more says so
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
