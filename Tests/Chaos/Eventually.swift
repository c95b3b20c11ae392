internal import Glibc

/// Looks until a condition holds; false when the deadline comes first. Between two looks others have the core.
func eventually(
  within limit: Duration, every pause: Duration = .milliseconds(20), _ condition: () throws -> Bool
) rethrows -> Bool {
  let deadline = ContinuousClock.now + limit
  while try !condition() {
    guard ContinuousClock.now < deadline else { return false }
    _ = poll(nil, 0, Int32(pause.components.attoseconds / 1_000_000_000_000_000 + pause.components.seconds * 1000))
  }
  return true
}
