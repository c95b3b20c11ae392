internal import Deliberation
internal import Glibc

/// The time of day, for what people and other machines read.
enum WallTime {
  static var now: Moment { Moment(milliseconds: Int64(seconds * 1_000)) }

  /// Since 1970, for what is held against the times of events on the same machine.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
