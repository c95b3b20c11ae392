/// The panel of a round was asked: the commands named here are on their lanes.
package struct PanelDispatched: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package let index: Int
    package let model: ModelRef
    package let call: CallID

    package init(index: Int, model: ModelRef, call: CallID) {
      self.index = index
      self.model = model
      self.call = call
    }
  }

  package let round: Int
  package let members: [Member]
  package let deadline: Moment
  package let promptVersion: String

  package init(round: Int, members: [Member], deadline: Moment, promptVersion: String) {
    self.round = round
    self.members = members
    self.deadline = deadline
    self.promptVersion = promptVersion
  }

  init(_ fields: Fields) throws(EventError) {
    round = try fields.int("round")
    members = try fields.each("members") { entry throws(EventError) in
      Member(index: try entry.int("index"), model: try ModelRef(entry), call: try entry.call("call"))
    }
    deadline = try fields.time("deadline")
    promptVersion = try fields.text("prompt_version") ?? ""
  }

  package var json: JSON {
    .written(
      JSONWriter.written(capacity: 1_024) { writer in
        writer.object { writer in
          writer.member("round", round)
          writer.member("members", each: members) { writer, member in
            writer.object { writer in
              writer.member("index", member.index)
              writer.member("model_asked", text: member.model.asked)
              writer.member("model", text: member.model.model)
              writer.member("lane", text: member.model.lane)
              writer.member("call", member.call)
            }
          }
          writer.member("deadline", text: deadline.rfc3339)
          writer.member("prompt_version", text: promptVersion)
        }
      })
  }
}
