/// Where reading a partition starts.
package enum StartAt: Sendable, Equatable {
  /// At the group's committed offset, or at the beginning where there is none.
  case committed
  case offset(Int64)
  case beginning
  case end
}
