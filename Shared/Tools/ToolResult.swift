package import Deliberation

/// What came of running a tool once.
package struct ToolResult: Sendable, Equatable {
  package var outcome: ToolUse.Outcome
  package var content: JSON
  package var error: String?
  package var sources: [ToolSource] = []
  /// What was read from outside, before it was cut and made readable.
  package var receivedBytes: Int?
  /// SHA-256 of that.
  package var digest: String?
  package var cost = 0.0

  package init(_ content: JSON, sources: [ToolSource] = []) {
    outcome = .ok
    self.content = content
    self.sources = sources
  }

  /// The model is told why, so that it can do otherwise.
  package init(_ outcome: ToolUse.Outcome, _ why: String, _ more: JSONObject = [:]) {
    self.outcome = outcome
    error = why
    var object = more
    object.append("status", "failed")
    object.append("error", .string(why))
    content = .object(object)
  }
}
