package import Deliberation

/// A piece of an answer as it arrives, for whoever watches.
package struct AnswerDelta: Sendable, Equatable {
  package var text: String
  package var reasoning: String
  /// In the shape of a chunk's `delta.tool_calls`.
  package var toolCalls: [JSON]

  package init(text: String = "", reasoning: String = "", toolCalls: [JSON] = []) {
    self.text = text
    self.reasoning = reasoning
    self.toolCalls = toolCalls
  }

  package var isEmpty: Bool { text.isEmpty && reasoning.isEmpty && toolCalls.isEmpty }

  package mutating func append(_ other: AnswerDelta) {
    text += other.text
    reasoning += other.reasoning
    toolCalls += other.toolCalls
  }
}
