internal import Glibc

/// Milliseconds since 1970, as they stand in records.
enum Time {
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

extension Duration {
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}

/// What a person sees while a run goes on.
func say(_ line: String) {
  let bytes = Array("chaos | \(line)\n".utf8)
  _ = write(2, bytes, bytes.count)
}
