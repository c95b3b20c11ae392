/// Why a record's headers are no CloudEvents envelope.
package enum EnvelopeError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(String)
  case notText(String)
  case version(String)

  package var description: String {
    switch self {
    case .missing(let name): "header \(name) is missing"
    case .notText(let name): "header \(name) is not UTF-8 text"
    case .version(let version): "ce_specversion is \(version); write 1.0"
    }
  }
}
