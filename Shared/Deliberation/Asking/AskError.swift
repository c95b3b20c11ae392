/// Why an ask is refused. The gateway answers with it, intake writes it into `deliberation.rejected`.
package struct AskError: Error, Sendable, Equatable, CustomStringConvertible {
  package let status: Int
  package let type: String
  package let message: String
  /// The field that is wrong, as `tools[0].parameters.quorum`.
  package let path: String?

  package init(status: Int = 400, type: String = "invalid_request", _ message: String, path: String? = nil) {
    self.status = status
    self.type = type
    self.message = message
    self.path = path
  }

  package var description: String { message }

  /// The HTTP body.
  package var body: JSON { ErrorBody.json(code: status, type: type, message: message, path: path) }
}

/// The one shape of errors.
package enum ErrorBody {
  package static func json(
    code: Int, type: String, message: String, path: String? = nil, metadata: JSONObject = [:]
  ) -> JSON {
    var details: JSONObject = ["error_type": .string(type)]
    details.append("path", ifPresent: path.map { .string($0) })
    for member in metadata.members { details[member.key] = member.value }
    return ["error": ["code": .int(Int64(code)), "message": .string(message), "metadata": .object(details)]]
  }
}
