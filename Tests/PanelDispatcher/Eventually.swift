import Testing
import Waiting

/// Waits for a condition, at most until a deadline.
func eventually(
  _ what: @autoclosure () -> String, within limit: Duration = .seconds(20),
  sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
  var patience = Patience(limit)
  while try !condition() {
    let isOver = patience.isOver()
    try #require(!isOver, "\(what()) within \(limit)", sourceLocation: sourceLocation)
    // Between two looks others have the core.
    try await Task.sleep(for: .milliseconds(1))
  }
}
