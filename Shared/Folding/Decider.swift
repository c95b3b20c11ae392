package import Bus

/// What a decider wants sent, as far as the runtime must know it.
package protocol FoldOutput: Sendable {
  /// Derived from what caused it, so that whoever decides it again decides the same id.
  var id: String { get }
  /// Outputs of the same subject that must be acknowledged before this one goes out.
  var after: [String] { get }
  /// True where the output stands on the log itself and will be read back; everything else is remembered by id alone.
  var returns: Bool { get }
}

/// How far a folded state is.
package enum FoldPhase: Sendable, Equatable {
  /// Nothing has opened it: it is remembered for a while and holds nothing back.
  case unopened
  case open
  /// It has ended: what follows from the end is sent once more, then the state is dropped.
  case ended
}

/// The logic that the runtime runs: a fold and a decision, both pure.
package protocol Decider: SendableMetatype {
  associatedtype State
  associatedtype Output: FoldOutput

  /// Folds one record. Called in log order; a repeat of what was folded must change nothing.
  func evolve(_ state: inout State?, _ record: FoldRecord) throws(Unreadable)

  /// Everything that should have been sent by `now` and that the log does not show to have been. The runtime drops the
  /// ids that it has sent already, so saying a thing twice is right and forgetting it is wrong.
  func decide(_ state: State, now: Int64) -> [Output]

  /// When `decide` may say more although nothing was read, in milliseconds since 1970.
  func wake(_ state: State) -> Int64?

  func phase(_ state: State) -> FoldPhase

  /// Whether after this record nothing remains to be decided for its subject. Asked while folding up to the end after a
  /// restart, of records whose outputs are known to be acknowledged, so that ended subjects are never parsed.
  /// `isFirst` is false where an earlier record of the subject was seen.
  func closes(_ record: FoldRecord, isFirst: Bool) -> Bool

  /// Whether anything is sent because of an end. Where nothing is, what ended is forgotten as soon as its end is read
  /// while folding up to the end.
  var answersEnds: Bool { get }

  /// Whether records of this type cause something when they come after the end; the ids of those that came in time are
  /// remembered, so that a copy of one causes nothing.
  func matters(late type: String) -> Bool

  /// What a record causes that came after its subject had ended and was dropped.
  func late(_ record: FoldRecord) -> [Output]

  /// The record on the bus that an output is.
  func record(_ output: Output) -> Outgoing
}

extension Decider {
  package var answersEnds: Bool { true }
}
