internal import Deliberation
internal import Web

/// Asks the ledger of a running system.
final class LedgerLink: Sendable {
  static let flags = [
    Flag("--ledger", "http://host:port", "where the ledger listens; usual: what conclave up wrote to run.json"),
    Flag("--data", "data", "where conclave up keeps run.json"),
  ]

  private let base: String
  private let token: String?
  private let client = HTTPClient()

  init(base: String, token: String?) {
    self.base = base
    self.token = token
  }

  /// What is named, else what `conclave up` says.
  convenience init(_ arguments: Arguments, environment: [String: String]) throws(CommandError) {
    let data = UpPlan.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")
    let named = arguments["--ledger"] ?? environment["CONCLAVE_LEDGER"].flatMap { $0.isEmpty ? nil : "http://\($0)" }
    guard let url = named ?? RunFile.read(data: data)?.ledger else {
      throw .failed(
        "no ledger runs from \(data); start one with deploy/up, or name it with --ledger or CONCLAVE_LEDGER")
    }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .usage("--ledger \"\(url)\" is no http:// address")
    }
    self.init(
      base: url.hasSuffix("/") ? String(url.dropLast()) : url,
      token: environment["CONCLAVE_LEDGER_TOKEN"].flatMap { $0.isEmpty ? nil : $0 })
  }

  func close() { client.shutdown() }

  /// Nil where it knows nothing of what is asked.
  func find(_ path: String, _ query: [(String, String?)] = []) async throws(CommandError) -> JSON? {
    try await send("GET", path, query, nil)
  }

  func get(_ path: String, _ query: [(String, String?)] = []) async throws(CommandError) -> JSON {
    guard let json = try await find(path, query) else { throw .failed("the ledger has no \(path)") }
    return json
  }

  func post(_ path: String, _ body: JSON) async throws(CommandError) -> JSON? { try await send("POST", path, [], body) }

  /// Everything about one deliberation.
  func timeline(_ id: String) async throws(CommandError) -> JSON {
    guard let found = try await find("/v1/deliberations/\(Self.escaped(id))/timeline") else {
      throw .failed("the ledger knows nothing of \(id)")
    }
    return found
  }

  private func send(
    _ method: String, _ path: String, _ query: [(String, String?)], _ body: JSON?
  ) async throws(CommandError) -> JSON? {
    let given = query.compactMap { name, value in value.map { "\(name)=\(Self.escaped($0))" } }
    var headers = [("content-type", "application/json")]
    if let token { headers.append(("authorization", "Bearer \(token)")) }
    let request = HTTPRequest(
      method: method, url: base + path + (given.isEmpty ? "" : "?" + given.joined(separator: "&")), headers: headers,
      body: body?.bytes ?? [], timeouts: HTTPRequest.Timeouts(connect: .seconds(5), total: .seconds(1_800)),
      maxBodyBytes: 1 << 30)
    let answer: HTTPResponse
    do { answer = try await client.send(request) } catch {
      throw .failed("the ledger at \(base) does not answer: \(error)")
    }
    let json = try? JSON.parse(answer.body)
    switch answer.status {
    case 200..<300:
      guard let json else { throw .failed("\(base) answered with what is no JSON; is it a ledger?") }
      return json
    case 404: return nil
    default:
      throw .failed(json?["error"]?["message"]?.string ?? "the ledger at \(base) answered \(answer.status)")
    }
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
