internal import Glibc

/// The signals that a supervisor sends, under names that say what for.
enum Signal {
  static let terminate = SIGTERM
  static let kill = SIGKILL
}
