internal import Deliberation

/// While the simulator stands in for the providers, any model of the author `simulator` may be asked for: its name says
/// how it behaves, so no list could hold them all.
enum SimulatedModels {
  static let provider = "simulator"
  static let wildcard = "simulator/*"

  static func added(to configuration: JSON, _ environment: Environment) throws(SettingsError) -> JSON {
    guard let url = environment["CONCLAVE_SIMULATOR"] else { return configuration }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .wrong("CONCLAVE_SIMULATOR", "\"\(url)\" is no address; begin it with http:// or https://")
    }
    guard case .object(var file) = configuration else { return configuration }
    var providers = file["providers"]?.object ?? JSONObject()
    var models = file["models"]?.array ?? []
    guard providers[provider] == nil else { return configuration }
    providers[provider] = ["base_url": .string(url), "format": "openai"]
    models.append([
      "slug": .string(wildcard), "lane": "default", "context": 128_000, "price": ["input": 0.1, "output": 0.4],
      "via": [["provider": .string(provider)]],
    ])
    file["providers"] = .object(providers)
    file["models"] = .array(models)
    return .object(file)
  }
}
