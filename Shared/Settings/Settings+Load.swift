internal import Bus
internal import Deliberation
internal import Models
internal import Telemetry
internal import Web

extension Settings {
  /// Reads and checks everything. The first thing that is wrong is named, with what to write instead.
  package static func load(
    service: String, environment variables: [String: String]
  ) throws(SettingsError) -> Settings {
    let environment = Environment(variables: variables)
    let (logLevel, logFormat) = try logging(environment)
    let configuration = try SimulatedModels.added(to: ConfigurationFile.read(environment), environment)
    let file = try ConfigurationPart(configuration, "")
    try file.knows(["providers", "models", "presets", "lanes", "tools", "keys", "limits", "gateway"])
    let limits = try Limits(file.part("limits"))
    let providers = try providers(file, variables)
    let catalogue = try catalogue(configuration, providers)
    let keys = try APIKey.all(environment, file.parts("keys"))
    let http = try environment.address("CONCLAVE_HTTP", usual: "127.0.0.1:8080")
    if keys.isEmpty, !http.isLoopback, service == "gateway" || service == "conclave" {
      throw .wrong(
        "CONCLAVE_HTTP", "\(http) can be reached from elsewhere and there are no keys; set CONCLAVE_API_KEYS as well")
    }
    let name = try environment.name("CONCLAVE_INSTANCE", ".-_", most: 100)
    return Settings(
      service: service, instance: name ?? "\(service)-\(String(UInt32.random(in: 0 ... .max), radix: 16))",
      staticInstance: name,
      bus: try BusSettings(environment, lanes: lanes(file), recordBytes: limits.recordBytes),
      share: try share(environment), admin: try environment.address("CONCLAVE_ADMIN", usual: "127.0.0.1:0"),
      http: http, ledger: try environment.address("CONCLAVE_LEDGER", usual: "127.0.0.1:0"),
      ledgerToken: environment["CONCLAVE_LEDGER_TOKEN"],
      incarnation: try environment.name("CONCLAVE_INCARNATION", ".-_", most: 100) ?? "kafka",
      data: environment["CONCLAVE_DATA"] ?? "data", logLevel: logLevel, logFormat: logFormat,
      traces: try traces(environment), catalogue: catalogue, providers: providers, limits: limits,
      gateway: try Gateway(file.part("gateway"), limits), keys: keys,
      configuration: configuration)
  }

  private static func logging(_ environment: Environment) throws(SettingsError) -> (Log.Level, Log.Format) {
    var level = Log.Level.info
    var format = Log.Format.text
    for word in (environment["CONCLAVE_LOG"] ?? "").split(whereSeparator: { ", :".contains($0) }) {
      switch word {
      case "text": format = .text
      case "json": format = .json
      default:
        guard let named = Log.Level(String(word)) else {
          let levels = Log.Level.allCases.map(\.name).joined(separator: ", ")
          throw .wrong("CONCLAVE_LOG", "\"\(word)\" is not known; write one of \(levels), and text or json")
        }
        level = named
      }
    }
    return (level, format)
  }

  private static func providers(
    _ file: ConfigurationPart, _ variables: [String: String]
  ) throws(SettingsError) -> [String: ProviderSettings] {
    var providers: [String: ProviderSettings] = [:]
    for member in try file.part("providers")?.object.members ?? [] {
      do throws(ProviderSettingsError) {
        providers[member.key] = try ProviderSettings(name: member.key, json: member.value, environment: variables)
      } catch {
        switch error {
        case .missing(let path, let advice): throw .missing(path, advice)
        case .wrong(let path, let advice): throw .wrong(path, "cannot be used; \(advice)")
        }
      }
    }
    return providers
  }

  private static func catalogue(
    _ configuration: JSON, _ providers: [String: ProviderSettings]
  ) throws(SettingsError) -> Catalogue {
    let file = try ConfigurationPart(configuration, "")
    for model in try file.parts("models") {
      try model.knows(["slug", "family", "released", "lane", "context", "price", "via"])
      for via in try model.parts("via") {
        guard let provider = try via.text("provider") else { continue }
        guard providers[provider] != nil else {
          throw .wrong(via.path("provider"), "\"\(provider)\" is not in providers; add it there")
        }
      }
    }
    do throws(CatalogueError) {
      return try Catalogue(json: configuration) { providers[$0]?.isReachable ?? false }
    } catch {
      throw .file(error.description)
    }
  }

  private static func lanes(_ file: ConfigurationPart) throws(SettingsError) -> [String] {
    var lanes = ["default"]
    for member in try file.part("lanes")?.object.members ?? [] {
      let part = try ConfigurationPart(member.value, "lanes.\(member.key)")
      _ = try part.whole("max_concurrency", in: 1...1_000_000)
      let isFine = member.key.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
      guard isFine, (1...50).contains(member.key.utf8.count) else {
        throw .wrong(part.path, "names a topic; write it with at most 50 of a-z, 0-9 and -")
      }
      if member.key != "default" { lanes.append(member.key) }
    }
    return lanes
  }

  private static func share(_ environment: Environment) throws(SettingsError) -> Share {
    guard let text = environment["CONCLAVE_SHARE"] else { return Share(index: 0, of: 1) }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let of = parts[1], of >= 1, (0..<of).contains(index) else {
      throw .wrong("CONCLAVE_SHARE", "\"\(text)\" is no share; write i/n with i from 0 to n - 1")
    }
    return Share(index: index, of: of)
  }

  private static func traces(_ environment: Environment) throws(SettingsError) -> String? {
    let name = "OTEL_EXPORTER_OTLP_ENDPOINT"
    guard let url = environment[name] else { return nil }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .wrong(name, "\"\(url)\" is no address; begin it with http:// or https://")
    }
    return url
  }
}
