/// What deciding services leave aside of calls' outcomes: most of what stands on the log is answers, and each service has
/// use for some of them only.
enum Outcomes {
  /// How a call went, which nothing is decided on and no result shows.
  static let aside: Passing = .course
  static let asideWithContent: Passing = [.course, .content]

  static func areTold(_ name: Event.Name) -> Bool { name == .callCompleted || name == .callFailed }

  /// The purpose of the call whose outcome has that id; nil where the id is none of ours.
  static func purpose(_ id: String) -> CallID.Purpose? {
    var id = id
    return id.withUTF8 { bytes in
      var slashes = 0
      for index in bytes.indices where bytes[index] == UInt8(ascii: "/") {
        slashes += 1
        guard slashes == 2, index + 1 < bytes.count else { continue }
        switch bytes[index + 1] {
        case UInt8(ascii: "p"): return .panel
        case UInt8(ascii: "j"): return .judge
        case UInt8(ascii: "a"): return .answer
        case UInt8(ascii: "d"): return .decision
        default: return nil
        }
      }
      return nil
    }
  }
}

extension Dispatching {
  /// Whom to ask next follows from who has answered; what was said is of use in a debate alone.
  package func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    if name == .analysisCompleted { return [.points, .evidence] }
    guard Outcomes.areTold(name) else { return [] }
    guard let ask = state?.ask else { return Outcomes.aside }
    switch Outcomes.purpose(id) {
    case .panel where ask.mode != .debate, .judge, .answer: return Outcomes.asideWithContent
    default: return Outcomes.aside
    }
  }
}

extension Judging {
  /// The answer is of use only where it may call fusion once more.
  package func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    if name == .analysisCompleted { return .evidence }
    guard Outcomes.areTold(name) else { return [] }
    guard let state, state.ask != nil, !state.isToolShaped, Outcomes.purpose(id) == .answer else {
      return Outcomes.aside
    }
    return Outcomes.asideWithContent
  }
}

extension Assembling {
  /// What the judge wrote is read from its analysis.
  package func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    guard Outcomes.areTold(name) else { return [] }
    return Outcomes.purpose(id) == .judge ? Outcomes.asideWithContent : Outcomes.aside
  }
}
