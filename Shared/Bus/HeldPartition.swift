internal import Telemetry

/// A partition that a consumer holds, and how far it has read it.
struct HeldPartition {
  let epoch: Int
  /// Where reading goes on; what comes before it is stale and dropped. `.committed` never stands here.
  var next: StartAt
  var isPaused = false
  let consumed: Counter
  let lag: Gauge
  var uncounted = 0

  /// Whether a record at this offset is the one to hand over next.
  func expects(_ offset: Int64) -> Bool {
    if case .offset(let next) = next { return offset >= next && !isPaused }
    return !isPaused
  }
}
