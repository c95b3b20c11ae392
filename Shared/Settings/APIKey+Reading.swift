extension APIKey {
  /// The tenant of keys that stand in the environment, where no name goes with them.
  private static let usualTenant = "default"

  /// The keys of the environment and of the file. A key that stands twice would have two tenants.
  static func all(_ environment: Environment, _ parts: [ConfigurationPart]) throws(SettingsError) -> [APIKey] {
    var keys: [APIKey] = []
    var seen: Set<String> = []
    for part in parts {
      let key = try APIKey(part)
      guard seen.insert(key.sha256).inserted else {
        throw .wrong(part.path("sha256"), "stands twice; keep one of them")
      }
      keys.append(key)
    }
    for digest in (environment["CONCLAVE_API_KEYS"] ?? "").split(separator: ",") {
      let digest = digest.filter { $0 != " " }.lowercased()
      // what is wrong may be a key in plain text, so it is not shown
      guard isDigest(digest) else {
        throw .wrong("CONCLAVE_API_KEYS", "holds something other than SHA-256 digests; write 64 hex digits per key")
      }
      if seen.insert(digest).inserted { keys.append(APIKey(tenant: usualTenant, sha256: digest)) }
    }
    return keys
  }

  private init(_ part: ConfigurationPart) throws(SettingsError) {
    try part.knows(["tenant", "sha256", "requests_per_minute", "concurrent", "cost_per_day"])
    guard let tenant = try part.text("tenant") else { throw .missing(part.path("tenant"), "say whose key this is") }
    guard let digest = try part.text("sha256") else {
      throw .missing(part.path("sha256"), "write the SHA-256 of the key, never the key")
    }
    guard Self.isDigest(digest.lowercased()) else {
      throw .wrong(part.path("sha256"), "is no SHA-256; write 64 hex digits, never the key")
    }
    self.init(
      tenant: tenant, sha256: digest.lowercased(),
      requestsPerMinute: try part.whole("requests_per_minute", in: 1...1_000_000_000),
      concurrent: try part.whole("concurrent", in: 1...1_000_000),
      costPerDay: try part.number("cost_per_day", in: 0...1_000_000_000))
  }

  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
