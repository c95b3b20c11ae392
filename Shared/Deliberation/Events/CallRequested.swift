/// A call that belongs to no member was asked for: its command is on its lane.
package struct CallRequested: Sendable, Equatable {
  package let call: CallID
  package let model: String
  package let lane: String
  package let deadline: Moment
  package let promptVersion: String
  package let messagesHash: String

  package init(
    call: CallID, model: String, lane: String, deadline: Moment, promptVersion: String, messagesHash: String
  ) {
    self.call = call
    self.model = model
    self.lane = lane
    self.deadline = deadline
    self.promptVersion = promptVersion
    self.messagesHash = messagesHash
  }

  init(_ fields: Fields) throws(EventError) {
    call = try fields.call("call")
    model = try fields.string("model")
    lane = try fields.text("lane") ?? "default"
    deadline = try fields.time("deadline")
    promptVersion = try fields.text("prompt_version") ?? ""
    messagesHash = try fields.text("messages_sha256") ?? ""
  }

  package var json: JSON {
    .written(
      JSONWriter.written(capacity: 512) { writer in
        writer.object { writer in
          writer.head(call)
          writer.member("model", text: model)
          writer.member("lane", text: lane)
          writer.member("deadline", text: deadline.rfc3339)
          writer.member("prompt_version", text: promptVersion)
          writer.member("messages_sha256", text: messagesHash)
        }
      })
  }
}

extension CallID {
  /// `call` to `attempt`, as every record about a call begins.
  package func writeHead(into object: inout JSONObject) {
    object.append("call", .string(text))
    object.append("purpose", .string(purpose.rawValue))
    object.append("round", .int(Int64(round)))
    object.append("member", member.map { .int(Int64($0)) } ?? "-")
    object.append("attempt", .int(Int64(attempt)))
  }
}
