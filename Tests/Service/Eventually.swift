import Glibc
import Waiting

/// Waits until something holds, looking again every millisecond; false when the time is over.
func eventually(within: Duration = .seconds(5), _ holds: () -> Bool) -> Bool {
  var patience = Patience(within)
  while !holds() {
    if patience.isOver() { return false }
    usleep(1_000)
  }
  return true
}
