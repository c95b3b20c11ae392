internal import Deliberation
internal import Web

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
    let answer = answer(deliberation)
    visit.respond(answer.status, answer.headers, answer.body)
  }

  var answer: ServerAnswer { answer(nil) }

  private func answer(_ deliberation: String?) -> ServerAnswer {
    var headers = Self.headers(deliberation)
    if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
    if !allow.isEmpty { headers.append(("Allow", allow.joined(separator: ", "))) }
    if status == 401 { headers.append(("WWW-Authenticate", "Bearer")) }
    return ServerAnswer(status, headers, json.bytes)
  }

  static func headers(_ deliberation: String? = nil) -> [(String, String)] {
    [("Content-Type", "application/json")] + (deliberation.map { [("X-Generation-Id", $0)] } ?? [])
  }

  /// A key names something that has ended and cannot be told any more.
  static let gone = Failure(
    409, "precondition_failed",
    "The deliberation of this key has ended, and its result is not kept here. Use another key to ask again.",
    path: "Idempotency-Key")

  static let unauthenticated = Failure(
    401, "authentication", "No known API key was given. Send it as `Authorization: Bearer …`.")

  static let otherBody = Failure(
    422, "unprocessable", "This Idempotency-Key was used with another body. Use a new key for a new question.",
    path: "Idempotency-Key")

  /// What of an id that is another's is said as well, so that nobody learns that it exists.
  static func unknown(_ deliberation: String) -> Failure {
    Failure(404, "not_found", "There is no deliberation \(deliberation.prefix(80)).")
  }
}
