/// A stand-in was asked in the place of a member that failed.
package struct MemberReplaced: Sendable, Equatable {
  package let round: Int
  package let index: Int
  package let model: ModelRef
  package let call: CallID
  package let deadline: Moment
  package let replaces: CallID

  package init(round: Int, index: Int, model: ModelRef, call: CallID, deadline: Moment, replaces: CallID) {
    self.round = round
    self.index = index
    self.model = model
    self.call = call
    self.deadline = deadline
    self.replaces = replaces
  }

  init(_ fields: Fields) throws(EventError) {
    round = try fields.int("round")
    index = try fields.int("index")
    model = try ModelRef(fields)
    call = try fields.call("call")
    deadline = try fields.time("deadline")
    replaces = try fields.call("replaces")
  }

  package var json: JSON {
    var object: JSONObject = ["round": .int(Int64(round)), "index": .int(Int64(index))]
    model.write(into: &object, price: false)
    object.append("call", .string(call.text))
    object.append("deadline", .string(deadline.rfc3339))
    object.append("replaces", .string(replaces.text))
    return .object(object)
  }
}
