/// A call's name within its deliberation: one number, because it is looked up more often than anything else. Its order is
/// that of purposes, rounds, members (none before the first) and attempts; each has room for the six digits that a name has.
package struct CallKey: Hashable, Sendable {
  private let packed: UInt64

  package init(_ purpose: CallID.Purpose, round: Int = 0, member: Int? = nil, attempt: Int = 0) {
    packed =
      UInt64(purpose.rank) << 62 | Self.number(round) << 42 | Self.number(member.map { $0 + 1 } ?? 0) << 21
      | Self.number(attempt)
  }

  init(_ call: CallID) { self = call.key }

  package var purpose: CallID.Purpose { .ranked[Int(packed >> 62)] }
  package var round: Int { Int(packed >> 42 & 0xF_FFFF) }
  /// The member's index in the panel; nil for the calls that belong to no member.
  package var member: Int? {
    let number = Int(packed >> 21 & 0x1F_FFFF)
    return number > 0 ? number - 1 : nil
  }
  package var attempt: Int { Int(packed & 0x1F_FFFF) }

  package func id(in deliberation: String) -> CallID { CallID(deliberation, self) }

  private static func number(_ number: Int) -> UInt64 { UInt64(min(max(number, 0), 1_000_000)) }
}

extension CallKey: Comparable {
  package static func < (left: CallKey, right: CallKey) -> Bool { left.packed < right.packed }
}
