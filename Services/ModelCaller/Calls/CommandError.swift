internal import Deliberation

/// Why a record on `calls.<lane>` is no command. It goes to `dead-letters` with this as its reason.
package enum CommandError: Error, Equatable, CustomStringConvertible {
  case noValue
  case envelope(String)
  case type(String)
  case notJSON(String)
  case unreadable(String)
  case wrong(String, String)

  package var description: String {
    switch self {
    case .noValue: "a command needs a value; this record is a tombstone"
    case .envelope(let why): "the envelope cannot be read: \(why)"
    case .type(let type): "the type is \(type.prefix(100)), not \(CallCommand.type)"
    case .notJSON(let why): "the value is \(why)"
    case .unreadable(let why): "the command cannot be read: \(why)"
    case .wrong(let field, let wanted): "\(field) is missing or is not \(wanted)"
    }
  }
}
