/// Which hosts may be searched and fetched. A domain stands for itself and everything under it.
package struct DomainRule: Sendable, Equatable {
  /// Empty: all that are not refused.
  private let allowed: [String]
  private let refused: [String]

  package init(allowed: [String] = [], refused: [String] = []) {
    self.allowed = allowed.map(Self.plain)
    // who wants nothing of www.example.com wants nothing of example.com; the other way it would let in more than was said
    self.refused = refused.map(Self.plain).flatMap { $0.hasPrefix("www.") ? [$0, String($0.dropFirst(4))] : [$0] }
  }

  package func admits(_ host: String) -> Bool {
    let host = Self.plain(host)
    guard !refused.contains(where: { Self.covers($0, host) }) else { return false }
    return allowed.isEmpty || allowed.contains { Self.covers($0, host) || $0 == "www.\(host)" }
  }

  package func and(_ other: DomainRule) -> (String) -> Bool {
    { admits($0) && other.admits($0) }
  }

  private static func covers(_ domain: String, _ host: String) -> Bool {
    !domain.isEmpty && (host == domain || host.hasSuffix("." + domain))
  }

  /// However it was written: with a scheme, a user or `*.` before it, a port, a path or a dot after it.
  private static func plain(_ text: String) -> String {
    var text = text.lowercased()[...]
    if let scheme = text.firstRange(of: "://") { text = text[scheme.upperBound...] }
    text = text.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let user = text.lastIndex(of: "@") { text = text[text.index(after: user)...] }
    if text.hasPrefix("[") {
      text = text.dropFirst().prefix { $0 != "]" }
    } else if text.count(where: { $0 == ":" }) == 1 {
      text = text.prefix { $0 != ":" }
    }
    for prefix in ["*.", "."] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
    while text.hasSuffix(".") { text = text.dropLast() }
    return String(text)
  }
}
