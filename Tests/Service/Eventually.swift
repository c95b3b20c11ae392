import Glibc

/// Waits until something holds, looking again every millisecond; false when the time is over.
func eventually(within: Duration = .seconds(5), _ holds: () -> Bool) -> Bool {
  let deadline = ContinuousClock.now + within
  while !holds() {
    if ContinuousClock.now >= deadline { return false }
    usleep(1_000)
  }
  return true
}
