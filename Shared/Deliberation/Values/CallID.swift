/// The name of one model call: `<deliberation>/<purpose>/<round>/<member>/<attempt>`. Whoever does a step twice gives it
/// the same name, so a call that is asked for again is known to be the same.
package struct CallID: Hashable, Sendable {
  package enum Purpose: String, Sendable, CaseIterable {
    case decision, panel, judge, answer

    fileprivate init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
      switch bytes.count {
      case 8: self = .decision
      case 6: self = .answer
      case 5: self = bytes.first == UInt8(ascii: "p") ? .panel : .judge
      default: return nil
      }
      guard rawValue.utf8.elementsEqual(bytes) else { return nil }
    }
  }

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
    // by bytes: every event about a call names it
    var text = text
    let parts = text.withUTF8 { bytes -> (deliberation: String, purpose: Purpose, numbers: [Int?])? in
      var slashes: [Int] = []
      slashes.reserveCapacity(5)
      for index in bytes.indices where bytes[index] == UInt8(ascii: "/") {
        guard slashes.count < 4 else { return nil }
        slashes.append(index)
      }
      guard slashes.count == 4, slashes[0] > 0,
        let purpose = Purpose(bytes: bytes[slashes[0] + 1..<slashes[1]])
      else { return nil }
      let ends = [slashes[1], slashes[2], slashes[3], bytes.count]
      var numbers: [Int?] = []
      for index in 0..<3 {
        let part = bytes[ends[index] + 1..<ends[index + 1]]
        if index == 1, part.count == 1, part.first == UInt8(ascii: "-") {
          numbers.append(nil)
        } else {
          guard let number = Self.number(part) else { return nil }
          numbers.append(number)
        }
      }
      let deliberation = String(decoding: UnsafeBufferPointer(rebasing: bytes[..<slashes[0]]), as: UTF8.self)
      return (deliberation, purpose, numbers)
    }
    guard let parts, let round = parts.numbers[0], let attempt = parts.numbers[2],
      // only a panel's calls belong to a member
      (parts.purpose == .panel) == (parts.numbers[1] != nil)
    else { return nil }
    deliberation = parts.deliberation
    purpose = parts.purpose
    self.round = round
    member = parts.numbers[1]
    self.attempt = attempt
  }

  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard let first = digits.first, digits.count <= 6, digits.count == 1 || first != UInt8(ascii: "0") else {
      return nil
    }
    var number = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
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
