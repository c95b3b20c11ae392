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

  /// What the model wrote of it.
  package var bytes: Int {
    toolCalls.reduce(text.utf8.count + reasoning.utf8.count) { sum, call in
      let function = call["function"]
      return sum + (function?["name"]?.string?.utf8.count ?? 0) + (function?["arguments"]?.string?.utf8.count ?? 0)
    }
  }

  package mutating func append(_ other: AnswerDelta) {
    text += other.text
    reasoning += other.reasoning
    toolCalls += other.toolCalls
  }
}
