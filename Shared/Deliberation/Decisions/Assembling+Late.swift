extension Assembling {
  package var settles: Bool { true }

  /// An ask under the id of a deliberation that ended within the window and was dropped: it is not run again.
  package func late(_ recorded: Recorded) -> [Output] {
    let joined: Deliberation.Joined
    switch recorded.event {
    case .requested(let ask)?: joined = Deliberation.Joined(ask, .late)
    case .rejected(let ask)?: joined = Deliberation.Joined(ask)
    default: return []
    }
    return Announcing(Deliberation(id: recorded.subject))
      .alone(Fact(value: joined, id: recorded.id, place: 0, time: recorded.time))
  }
}
