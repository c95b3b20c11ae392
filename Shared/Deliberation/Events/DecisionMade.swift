/// What the outer model chose when fusion was offered to it.
package struct DecisionMade: Sendable, Equatable {
  package let call: CallID
  package let outcome: DecisionOutcome
  package let toolCallID: String?

  package init(call: CallID, outcome: DecisionOutcome, toolCallID: String? = nil) {
    self.call = call
    self.outcome = outcome
    self.toolCallID = toolCallID
  }

  init(_ fields: Fields) throws(EventError) {
    call = try fields.call("call")
    outcome = try fields.required("outcome", try fields.choice("outcome"))
    toolCallID = try fields.text("tool_call_id")
  }

  package var json: JSON {
    var object: JSONObject = ["call": .string(call.text), "outcome": .string(outcome.rawValue)]
    object.append("tool_call_id", ifPresent: toolCallID.map { .string($0) })
    return .object(object)
  }
}
