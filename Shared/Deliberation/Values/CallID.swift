/// The name of one model call: `<deliberation>/<purpose>/<round>/<member>/<attempt>`. Whoever does a step twice gives it
/// the same name, so a call that is asked for again is known to be the same.
package struct CallID: Hashable, Sendable {
  package enum Purpose: String, Sendable, CaseIterable {
    case decision, panel, judge, answer

    /// In the order in which they come.
    static let ranked: [Purpose] = [.decision, .panel, .judge, .answer]

    var rank: Int {
      switch self {
      case .decision: 0
      case .panel: 1
      case .judge: 2
      case .answer: 3
      }
    }

    fileprivate init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
      switch bytes.count {
      case 8: self = .decision
      case 6: self = .answer
      case 5: self = bytes.first == UInt8(ascii: "p") ? .panel : .judge
      default: return nil
      }
      guard ByteSearch.isSame(rawValue, UnsafeBufferPointer(rebasing: bytes)) else { return nil }
    }
  }

  package let deliberation: String
  /// Its name within the deliberation.
  package let key: CallKey

  package var purpose: Purpose { key.purpose }
  package var round: Int { key.round }
  /// The member's index in the panel; nil for the calls that belong to no member.
  package var member: Int? { key.member }
  package var attempt: Int { key.attempt }

  package init(_ deliberation: String, _ purpose: Purpose, round: Int = 0, member: Int? = nil, attempt: Int = 0) {
    self.init(deliberation, CallKey(purpose, round: round, member: member, attempt: attempt))
  }

  init(_ deliberation: String, _ key: CallKey) {
    self.deliberation = deliberation
    self.key = key
  }

  package init?(_ text: String) {
    var text = text
    guard let call = text.withUTF8({ CallID($0, of: "") }) else { return nil }
    self = call
  }

  /// Reads a call's name; `known` is the deliberation's id as the reader has it already, which is then shared.
  init?(_ name: UnsafeBufferPointer<UInt8>, of known: String) {
    // by bytes and from behind: every event about a call names it
    var end = name.count
    func part() -> Range<Int>? {
      var start = end
      while start > 0, name[start - 1] != UInt8(ascii: "/") { start -= 1 }
      guard start > 0 else { return nil }
      defer { end = start - 1 }
      return start..<end
    }
    func number(_ part: Range<Int>?) -> Int? {
      guard let part, !part.isEmpty, part.count <= 6, part.count == 1 || name[part.lowerBound] != UInt8(ascii: "0")
      else { return nil }
      var number = 0
      for place in part {
        let digit = name[place] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        number = number * 10 + Int(digit)
      }
      return number
    }
    guard let attempt = number(part()), let memberPart = part(), let round = number(part()), let purposePart = part(),
      end > 0, let purpose = Purpose(bytes: name[purposePart])
    else { return nil }
    let isMember = memberPart.count != 1 || name[memberPart.lowerBound] != UInt8(ascii: "-")
    let member = isMember ? number(memberPart) : nil
    // only a panel's calls belong to a member
    guard (purpose == .panel) == isMember, isMember == (member != nil) else { return nil }
    let id = UnsafeBufferPointer(rebasing: name[..<end])
    guard !id.contains(UInt8(ascii: "/")) else { return nil }
    deliberation = ByteSearch.isSame(known, id) ? known : String(decoding: id, as: UTF8.self)
    key = CallKey(purpose, round: round, member: member, attempt: attempt)
  }

  /// The name without its deliberation, as it stands in the ids of events and commands.
  package var local: String {
    String(unsafeUninitializedCapacity: Self.localBytes) { writeLocal(into: $0, at: 0) }
  }

  package var text: String {
    var id = deliberation
    return id.withUTF8 { id in
      // in one piece: it is written in every record about a call
      String(unsafeUninitializedCapacity: id.count + 1 + Self.localBytes) { buffer in
        let end = buffer.update(fromContentsOf: id)
        buffer[end] = UInt8(ascii: "/")
        return writeLocal(into: buffer, at: end + 1)
      }
    }
  }

  /// The longest purpose, and three numbers of seven digits at most.
  static let localBytes = 32

  /// Returns where it ended.
  func writeLocal(into buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
    var end = start
    func put(_ byte: UInt8) {
      buffer[end] = byte
      end += 1
    }
    func put(_ number: Int) {
      var scale = 1
      while number / scale >= 10 { scale *= 10 }
      while scale > 0 {
        put(UInt8(ascii: "0") + UInt8(number / scale % 10))
        scale /= 10
      }
    }
    for byte in purpose.rawValue.utf8 { put(byte) }
    put(UInt8(ascii: "/"))
    put(round)
    put(UInt8(ascii: "/"))
    if let member { put(member) } else { put(UInt8(ascii: "-")) }
    put(UInt8(ascii: "/"))
    put(attempt)
    return end
  }

  /// The same call tried once more: a stand-in, a repair, the answer after a capped second fusion.
  package var next: CallID { CallID(deliberation, purpose, round: round, member: member, attempt: attempt + 1) }
}

extension CallID: CustomStringConvertible {
  package var description: String { text }
}
