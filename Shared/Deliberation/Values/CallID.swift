/// The name of one model call: `<deliberation>/<purpose>/<round>/<member>/<attempt>`. Whoever does a step twice gives it
/// the same name, so a call that is asked for again is known to be the same.
package struct CallID: Hashable, Sendable {
  package enum Purpose: String, Sendable, CaseIterable { case decision, panel, judge, answer }

  package let deliberation: String
  package let purpose: Purpose
  package let round: Int
  /// The member's index in the panel; nil for the calls that belong to no member.
  package let member: Int?
  package let attempt: Int

  package init(_ deliberation: String, _ purpose: Purpose, round: Int = 0, member: Int? = nil, attempt: Int = 0) {
    self.deliberation = deliberation
    self.purpose = purpose
    self.round = round
    self.member = member
    self.attempt = attempt
  }

  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 5, !parts[0].isEmpty, let purpose = Purpose(rawValue: String(parts[1])),
      let round = Self.number(parts[2]), let attempt = Self.number(parts[4])
    else { return nil }
    if parts[3] == "-" {
      member = nil
    } else {
      guard let index = Self.number(parts[3]) else { return nil }
      member = index
    }
    // only a panel's calls belong to a member
    guard (purpose == .panel) == (member != nil) else { return nil }
    deliberation = String(parts[0])
    self.purpose = purpose
    self.round = round
    self.attempt = attempt
  }

  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 6,
      text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
    else { return nil }
    return Int(text)
  }

  /// The name without its deliberation, as it stands in the ids of events and commands.
  package var local: String { "\(purpose.rawValue)/\(round)/\(member.map(String.init) ?? "-")/\(attempt)" }

  package var text: String { "\(deliberation)/\(local)" }

  /// The same call tried once more: a stand-in, a repair, the answer after a capped second fusion.
  package var next: CallID { CallID(deliberation, purpose, round: round, member: member, attempt: attempt + 1) }
}

extension CallID: CustomStringConvertible {
  package var description: String { text }
}
