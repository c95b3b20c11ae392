/// A setting that cannot be used. One line that names it and says what to write instead.
package enum SettingsError: Error, Equatable, CustomStringConvertible {
  /// The variable or the JSON path, and what to do.
  case missing(String, String)
  case wrong(String, String)
  /// Of the configuration file as a whole; begins with the JSON path.
  case file(String)

  package var description: String {
    switch self {
    case .missing(let name, let advice): "settings: \(name) is missing; \(advice)"
    case .wrong(let name, let advice): "settings: \(name) \(advice)"
    case .file(let what): "settings: \(what)"
    }
  }
}
