internal import Deliberation

/// What is asked: the body of a chat completion, with one message.
struct AskQuestion: Equatable, Sendable {
  static let fusion = "openrouter/fusion"

  let text: String
  let model: String

  var body: JSON {
    ["model": .string(model), "messages": [["role": "user", "content": .string(text)]]]
  }
}
