/// Whether a condition comes to hold before its deadline.
func holds(_ condition: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + .seconds(20)
  while ContinuousClock.now < deadline {
    if condition() { return true }
    // Between two looks others have the core.
    try? await Task.sleep(for: .milliseconds(2))
  }
  return condition()
}
