/// One service's part in a deliberation. Both functions are pure.
package protocol Decides: Sendable {
  /// Everything that should have been written by now and that the log does not show. The same again on the next call:
  /// whoever sends leaves out the ids that it has sent already.
  func decide(_ deliberation: Deliberation, now: Moment) -> [Output]

  /// When `decide` may say more without anything having been read.
  func wake(_ deliberation: Deliberation) -> Moment?

  /// Whether anything may still follow.
  func isOpen(_ deliberation: Deliberation) -> Bool

  /// Whether this service settles a cost that the end did not know, and answers asks that come after the end.
  var settles: Bool { get }

  /// What this service has no use for in a record of that name and id; `state` is what was folded so far.
  func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing

  /// What follows from an event that came after its deliberation had ended and was dropped.
  func late(_ recorded: Recorded) -> [Output]
}

extension Decides {
  package var settles: Bool { false }
  package func late(_ recorded: Recorded) -> [Output] { [] }
  package func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    Outcomes.areTold(name) ? Outcomes.aside : []
  }
}
