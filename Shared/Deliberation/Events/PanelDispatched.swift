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
    [
      "round": .int(Int64(round)),
      "members": .array(
        members.map { member in
          var entry = JSONObject(capacity: 8)
          entry.append("index", .int(Int64(member.index)))
          member.model.write(into: &entry, price: false)
          entry.append("call", .string(member.call.text))
          return .object(entry)
        }),
      "deadline": .string(deadline.rfc3339), "prompt_version": .string(promptVersion),
    ]
  }
}
