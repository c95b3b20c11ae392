import Deliberation
import Web

/// An error as OpenRouter's clients expect it.
struct Failure: Error, Sendable {
  let status: Int
  let type: String
  let message: String
  /// The field that is wrong.
  var path: String?
  var retryAfter: Int?

  init(_ status: Int, _ type: String, _ message: String) {
    self.status = status
    self.type = type
    self.message = message
  }

  var body: [UInt8] {
    ErrorBody.json(code: status, type: type, message: message, path: path).bytes
  }

  func respond(_ responder: Responder, _ deliberation: String? = nil) {
    var headers = Self.headers(deliberation)
    if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
    responder.respond(status, headers, body)
  }

  static func headers(_ deliberation: String?) -> [(String, String)] {
    var headers = [("Content-Type", "application/json")]
    if let deliberation { headers.append(("X-Generation-Id", deliberation)) }
    return headers
  }
}
