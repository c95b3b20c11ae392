/// A function that a simulated model calls.
struct ToolCall: Equatable, Sendable {
  let id: String
  let name: String
  /// JSON as text, as OpenAI's shape has it.
  let arguments: String
}
