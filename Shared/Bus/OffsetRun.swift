/// Neighbouring offsets of a partition with the same state.
struct OffsetRun: Equatable {
  enum State: UInt8 {
    case open, finished, marked
  }

  let state: State
  var length: Int64

  init(_ state: State, _ length: Int64) {
    self.state = state
    self.length = length
  }
}
