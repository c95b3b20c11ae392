/// A setting of `tools` that cannot be used: its path, and what to write instead.
package enum ToolSettingsError: Error, Equatable, CustomStringConvertible {
  case wrong(String, String)

  package var description: String {
    switch self {
    case .wrong(let path, let advice): "settings: \(path) \(advice)"
    }
  }
}
