internal import Deliberation
internal import Web

/// A question that is not answered, and why.
struct Refusal: Error {
  static let json = [("Content-Type", "application/json")]

  let status: Int
  let type: String
  let message: String

  init(_ status: Int, _ type: String, _ message: String) {
    self.status = status
    self.type = type
    self.message = message
  }

  static func notFound(_ path: String) -> Refusal {
    Refusal(404, "not_found", "there is nothing at \(path.prefix(200)); Services/README.md lists the paths")
  }

  func respond(_ responder: Responder) {
    let body: JSON = [
      "error": [
        "code": .int(Int64(status)), "message": .string(message), "metadata": ["error_type": .string(type)],
      ]
    ]
    responder.respond(status, Self.json, body.bytes)
  }
}
