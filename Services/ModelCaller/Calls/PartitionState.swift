internal import Bus
internal import Deliberation

/// One partition of the lane as long as this caller owns it.
struct PartitionState: Sendable {
  /// Rises with every assignment: work that was read under an earlier one finishes nothing here.
  let generation: Int
  var map: OffsetMap
  /// Where reading goes on: the first offset that was not taken.
  var next: Int64?
  /// Since when its records are read here; silence about a call counts from then.
  let began: Moment
  var isPaused = false
  var isDirty = false
  /// Its map has little room left: no more is taken until some of it finishes. Looked at now and then, as it costs.
  var isFull = false
  var committed: CommitEntry?
}
