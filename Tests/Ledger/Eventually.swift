import Testing
import Waiting

/// Waits for a condition, at most until a deadline.
func eventually(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(20),
  sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  var patience = Patience(limit)
  while try await !condition() {
    let isOver = patience.isOver()
    try #require(!isOver, "\(what()) within \(limit)", sourceLocation: sourceLocation)
    // Between two looks others have the core; the test itself never counts on how long this takes.
    try await Task.sleep(for: .milliseconds(5))
  }
}
