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

/// The same without holding the thread: for what tasks have to do meanwhile.
func eventually(within: Duration = .seconds(20), _ holds: () -> Bool) async -> Bool {
  var patience = Patience(within)
  while !holds() {
    if patience.isOver() { return false }
    // Between two looks others have the core; the test itself never counts on how long this takes.
    try? await Task.sleep(for: .milliseconds(5))
  }
  return true
}
