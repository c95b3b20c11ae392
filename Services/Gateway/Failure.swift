internal import Deliberation

/// An error as OpenRouter's clients expect it.
struct Failure: Error, Sendable {
  let status: Int
  let type: String
  let message: String
  /// The field that is wrong.
  let path: String?
  let retryAfter: Int?
  /// Methods, where another one would do.
  let allow: [String]

  init(
    _ status: Int, _ type: String, _ message: String, path: String? = nil, retryAfter: Int? = nil, allow: [String] = []
  ) {
    self.status = status
    self.type = type
    self.message = message
    self.path = path
    self.retryAfter = retryAfter
    self.allow = allow
  }

  var json: JSON { ErrorBody.json(code: status, type: type, message: message, path: path) }

  func respond(_ visit: Visit, _ deliberation: String? = nil) {
    var headers = Self.headers(deliberation)
    if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
    if !allow.isEmpty { headers.append(("Allow", allow.joined(separator: ", "))) }
    if status == 401 { headers.append(("WWW-Authenticate", "Bearer")) }
    visit.respond(status, headers, json.bytes)
  }

  static func headers(_ deliberation: String? = nil) -> [(String, String)] {
    [("Content-Type", "application/json")] + (deliberation.map { [("X-Generation-Id", $0)] } ?? [])
  }

  /// What of an id that is another's is said as well, so that nobody learns that it exists.
  static func unknown(_ deliberation: String) -> Failure {
    Failure(404, "not_found", "There is no deliberation \(deliberation.prefix(80)).")
  }
}
