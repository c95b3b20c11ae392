/// Which hosts may be searched and fetched. A domain stands for itself and everything under it.
package struct DomainRule: Sendable, Equatable {
  /// Empty: all that are not refused.
  private let allowed: [String]
  private let refused: [String]

  package init(allowed: [String] = [], refused: [String] = []) {
    self.allowed = allowed.map(Self.plain)
    self.refused = refused.map(Self.plain)
  }

  package func admits(_ host: String) -> Bool {
    guard !refused.contains(where: { Self.covers($0, host) }) else { return false }
    return allowed.isEmpty || allowed.contains { Self.covers($0, host) }
  }

  package func and(_ other: DomainRule) -> (String) -> Bool {
    { admits($0) && other.admits($0) }
  }

  private static func covers(_ domain: String, _ host: String) -> Bool {
    guard !domain.isEmpty else { return false }
    let host = plain(host)
    return host == domain || host.hasSuffix("." + domain)
  }

  /// However it was written: with a scheme, `*.` or `www.` before it, a path or a dot after it.
  private static func plain(_ text: String) -> String {
    var text = text.lowercased()[...]
    if let scheme = text.firstRange(of: "://") { text = text[scheme.upperBound...] }
    text = text.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != ":" }
    for prefix in ["*.", ".", "www."] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
    while text.hasSuffix(".") { text = text.dropLast() }
    return String(text)
  }
}
