import Testing

/// Waits for a condition, at most until a deadline.
func eventually(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(20),
  sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    try #require(ContinuousClock.now < deadline, "\(what()) within \(limit)", sourceLocation: sourceLocation)
    // Between two looks others have the core; the test itself never counts on how long this takes.
    try await Task.sleep(for: .milliseconds(5))
  }
}
