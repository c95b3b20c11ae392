import Waiting

/// Whether a condition comes to hold while there is patience.
func holds(_ condition: () -> Bool) async -> Bool {
  var patience = Patience(.seconds(20))
  while !condition() {
    if patience.isOver() { return false }
    // Between two looks others have the core.
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}
