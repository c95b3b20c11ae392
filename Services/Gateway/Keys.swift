import Deliberation
import Settings

/// Who asks: the tenant whose key was given. Without keys everyone on this machine is `default`.
struct Keys: Sendable {
  private let keys: [(digest: [UInt8], tenant: String)]

  init(_ keys: [APIKey]) { self.keys = keys.map { (Array($0.sha256.lowercased().utf8), $0.tenant) } }

  /// The tenant of an `Authorization` header; nil where the key is missing or unknown. Digests are compared in constant
  /// time, and all of them, so that nothing can be learned from how long it takes.
  func tenant(_ authorization: String?) -> String? {
    guard !keys.isEmpty else { return "default" }
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
    let key = authorization.dropFirst(7)
    let digest = Array(Hex.text(SHA256.hash(Array(key.utf8))).utf8)
    var found: String?
    for (candidate, tenant) in keys where Self.isEqual(candidate, digest) { found = tenant }
    return found
  }

  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
  }
}
