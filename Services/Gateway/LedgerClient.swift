internal import Deliberation
internal import Settings
internal import Web

/// Asks the ledger, which knows every deliberation that was ever asked for.
final class LedgerClient: Sendable {
  enum Answer: Sendable {
    case found(JSON)
    case missing
    /// It does not answer, and why.
    case silent(String)
  }

  private let base: String
  private let client = HTTPClient()
  private let headers: [(String, String)]

  init(base: String, token: String?) {
    self.base = base
    headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
  }

  /// Nil where the settings name no ledger.
  convenience init?(_ settings: Settings) {
    guard settings.ledger.port != 0 else { return nil }
    self.init(base: "http://\(settings.ledger)", token: settings.ledgerToken)
  }

  func stop() { client.shutdown() }

  func deliberation(_ id: String) async -> Answer { await get("/v1/deliberations/\(Self.escaped(id))") }

  func generation(_ id: String) async -> Answer { await get("/v1/generation?id=\(Self.escaped(id))") }

  /// Events behind that place, in the order of the log; where there are none it waits so long for the next.
  func events(_ id: String, after: Int64, wait: Duration) async -> Answer {
    let milliseconds = Int(wait / .milliseconds(1))
    return await get(
      "/v1/deliberations/\(Self.escaped(id))/events?after=\(after)&limit=\(Self.page)&wait_ms=\(milliseconds)",
      within: .seconds(5) + wait)
  }

  /// What a tenant has cost since that day.
  func costs(_ tenant: String, since day: String) async -> Answer {
    await get("/v1/totals?tenant=\(Self.escaped(tenant))&since=\(day)")
  }

  /// How many events are asked for at once.
  static let page = 1_000

  private func get(_ path: String, within limit: Duration = .seconds(5)) async -> Answer {
    let request = HTTPRequest(
      url: base + path, headers: headers,
      timeouts: HTTPRequest.Timeouts(connect: .seconds(1), total: limit), maxBodyBytes: 64_000_000)
    do {
      let response = try await client.send(request)
      switch response.status {
      case 200: return .found(try JSON.parse(response.body))
      case 404: return .missing
      default: return .silent("it answered \(response.status)")
      }
    } catch { return .silent("\(error)") }
  }

  /// Ids that a pipeline chose may hold anything visible.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._~".utf8.contains(byte)
      escaped += isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.text([byte]).uppercased()
    }
    return escaped
  }
}
