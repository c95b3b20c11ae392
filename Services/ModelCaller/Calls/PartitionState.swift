internal import Bus
internal import Deliberation

/// One partition of the lane as long as this caller owns it.
struct PartitionState: Sendable {
  /// Rises with every assignment: work that was read under an earlier one finishes nothing here.
  let generation: Int
  var map: OffsetMap
  /// Where reading goes on: the first offset that was not read.
  var next: Int64?
  /// Since when its records are read here; silence about a call counts from then.
  let began: Moment
  var isPaused = false
  var isDirty = false
  /// Its map has little room left: no more is taken until some of it finishes. Looked at now and then, as it costs.
  var isFull = false
  var committed: CommitEntry?

  /// How many records may be taken between two looks at how full the map is; far less than the quarter that is left.
  private static let fullnessEvery: Int64 = 512

  /// A command is taken. False: there is nothing to do for it.
  mutating func begin(_ offset: Int64) -> Bool {
    isDirty = true
    defer { if offset % Self.fullnessEvery == 0 { look() } }
    return map.begin(offset)
  }

  mutating func look() { isFull = map.isNearlyFull }
}
