/// A provider's entry in the configuration that cannot be used.
package enum ProviderSettingsError: Error, Equatable, CustomStringConvertible {
  case missing(String, String)
  case wrong(String, String)

  package var description: String {
    switch self {
    case .missing(let path, let advice): "\(path) is missing; \(advice)"
    case .wrong(let path, let advice): "\(path) cannot be used; \(advice)"
    }
  }
}
