/// Why a command ended without doing what it was asked for: one line for the person who asked.
enum CommandError: Error, Equatable, CustomStringConvertible {
  /// It was asked in a way that it does not know: exit status 2.
  case usage(String)
  /// A setting is wrong, and its text names it: exit status 2.
  case settings(String)
  /// It could not be done: exit status 1.
  case failed(String)

  var description: String {
    switch self {
    case .usage(let what), .settings(let what), .failed(let what): what
    }
  }

  var status: Int32 {
    switch self {
    case .usage, .settings: 2
    case .failed: 1
    }
  }
}
