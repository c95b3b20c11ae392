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

/// The same for what only comes when the threads that tasks run on are left to others.
func comes(within: Duration, _ holds: @Sendable () -> Bool) async -> Bool {
  var patience = Patience(within)
  while !holds() {
    if patience.isOver() { return false }
    try? await Task.sleep(for: .milliseconds(1))
  }
  return true
}

/// How long something took to hold; nil when it never did.
func timeUntil(within: Duration = .seconds(5), _ holds: () -> Bool) -> Duration? {
  let start = ContinuousClock.now
  return eventually(within: within, holds) ? ContinuousClock.now - start : nil
}

/// Lets another thread go first, between two looks.
func pause() { usleep(200) }
