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

  /// One number: a key is looked up more often than anything else.
  private var packed: UInt64 {
    let purpose: UInt64 =
      switch purpose {
      case .decision: 0
      case .panel: 1
      case .judge: 2
      case .answer: 3
      }
    let member = UInt64(truncatingIfNeeded: (member ?? -1) + 1) & 0xFFFF
    return purpose << 62 | (UInt64(truncatingIfNeeded: round) & 0xFFFF) << 32 | member << 16
      | UInt64(truncatingIfNeeded: attempt) & 0xFFFF
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(packed) }
}
