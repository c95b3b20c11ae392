/// The judge gave nothing usable; the answer is written without an analysis.
package struct AnalysisDegraded: Sendable, Equatable {
  package let round: Int
  package let reason: DegradeReason
  package let call: CallID?
  package let message: String

  package init(round: Int, reason: DegradeReason, call: CallID?, message: String) {
    self.round = round
    self.reason = reason
    self.call = call
    self.message = message
  }

  init(_ fields: Fields) throws(EventError) {
    round = try fields.int("round")
    reason = try fields.required("reason", try fields.choice("reason"))
    call = try fields.optionalCall("call")
    message = try fields.text("message") ?? ""
  }

  package var json: JSON {
    var object: JSONObject = ["round": .int(Int64(round)), "reason": .string(reason.rawValue)]
    object.append("call", ifPresent: call.map { .string($0.text) })
    object.append("message", .string(message))
    return .object(object)
  }
}
