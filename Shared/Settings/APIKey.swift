/// A key that opens the gateway. Only its digest is known here.
package struct APIKey: Sendable, Equatable {
  package let tenant: String
  /// SHA-256 of the key, in lower-case hex.
  package let sha256: String
  package let requestsPerMinute: Int?
  package let concurrent: Int?
  /// USD.
  package let costPerDay: Double?

  package init(
    tenant: String, sha256: String, requestsPerMinute: Int? = nil, concurrent: Int? = nil, costPerDay: Double? = nil
  ) {
    self.tenant = tenant
    self.sha256 = sha256
    self.requestsPerMinute = requestsPerMinute
    self.concurrent = concurrent
    self.costPerDay = costPerDay
  }

  /// What records and totals call it: enough to find it among those that are configured, and nothing that opens anything.
  package var mark: String { String(sha256.lowercased().prefix(16)) }
}
