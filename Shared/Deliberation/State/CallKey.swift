/// A call's name within its deliberation.
package struct CallKey: Hashable, Sendable {
  package let purpose: CallID.Purpose
  package let round: Int
  package let member: Int?
  package let attempt: Int

  package init(_ purpose: CallID.Purpose, round: Int = 0, member: Int? = nil, attempt: Int = 0) {
    self.purpose = purpose
    self.round = round
    self.member = member
    self.attempt = attempt
  }

  init(_ call: CallID) {
    self.init(call.purpose, round: call.round, member: call.member, attempt: call.attempt)
  }

  package func id(in deliberation: String) -> CallID {
    CallID(deliberation, purpose, round: round, member: member, attempt: attempt)
  }
}
