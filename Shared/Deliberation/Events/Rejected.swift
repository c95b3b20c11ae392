/// An ask that was refused, and why.
package struct Rejected: Sendable, Equatable {
  package let code: Int
  package let errorType: String
  package let message: String
  package let path: String?
  package let tenant: String
  package let form: Form
  package let bodyHash: String
  package let reply: [ReplyAddress]
  package let origin: Origin
  package let metadata: JSON?

  package init(
    code: Int, errorType: String, message: String, path: String?, tenant: String, form: Form, bodyHash: String,
    reply: [ReplyAddress], origin: Origin, metadata: JSON?
  ) {
    self.code = code
    self.errorType = errorType
    self.message = message
    self.path = path
    self.tenant = tenant
    self.form = form
    self.bodyHash = bodyHash
    self.reply = reply
    self.origin = origin
    self.metadata = metadata
  }

  init(_ fields: Fields) throws(EventError) {
    code = try fields.int("code")
    errorType = try fields.string("error_type")
    message = try fields.string("message")
    path = try fields.text("path")
    tenant = try fields.string("tenant")
    form = try fields.choice("form") ?? .chat
    bodyHash = try fields.text("body_sha256") ?? ""
    reply = try fields.each("reply", ReplyAddress.init)
    origin = try fields.required("origin", try fields.object("origin", Origin.init))
    metadata = fields["metadata"]
  }

  package var json: JSON {
    var object: JSONObject = [
      "code": .int(Int64(code)), "error_type": .string(errorType), "message": .string(message),
    ]
    object.append("path", ifPresent: path.map { .string($0) })
    object.append("tenant", .string(tenant))
    object.append("form", .string(form.rawValue))
    object.append("body_sha256", .string(bodyHash))
    object.append("reply", .array(reply.map(\.json)))
    object.append("origin", origin.json)
    object.append("metadata", ifPresent: metadata)
    return .object(object)
  }
}
