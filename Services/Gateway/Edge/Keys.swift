internal import Deliberation
internal import Settings

/// Who asks: the key that was given, and whose it is.
struct Visitor: Hashable, Sendable {
  let tenant: String
  /// The key's place among those configured; nil where there are none.
  let key: Int?
}

/// The keys that open the gateway. Without any, everyone on this machine is `default`.
struct Keys: Sendable {
  let keys: [APIKey]
  private let digests: [[UInt8]]

  init(_ keys: [APIKey]) {
    self.keys = keys
    digests = keys.map { Array($0.sha256.lowercased().utf8) }
  }

  var isOpen: Bool { keys.isEmpty }
  var tenants: Set<String> { Set(keys.map(\.tenant)) }

  /// Whose an `Authorization` header is; nil where the key is missing or unknown. Digests are compared in constant time,
  /// and all of them, so that nothing can be learned from how long it takes.
  func visitor(_ authorization: String?) -> Visitor? {
    guard !isOpen else { return Visitor(tenant: "default", key: nil) }
    guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return nil }
    let digest = Array(Hex.text(SHA256.hash(Array(authorization.utf8.dropFirst(7)))).utf8)
    var found: Int?
    for (place, candidate) in digests.enumerated() where Self.isEqual(candidate, digest) { found = place }
    return found.map { Visitor(tenant: keys[$0].tenant, key: $0) }
  }

  /// What records call the key that was given.
  func mark(_ visitor: Visitor) -> String? { visitor.key.map { keys[$0].mark } }

  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }
}
