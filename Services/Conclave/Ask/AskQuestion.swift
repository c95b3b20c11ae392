internal import Deliberation

/// What is asked: the body of a chat completion, with one message or as it was asked before.
struct AskQuestion: Equatable, Sendable {
  static let fusion = "openrouter/fusion"

  let text: String
  let model: String
  /// The whole body, where it is more than one message.
  var request: JSON?
  /// What stands in the ask beside the body.
  var beside = JSONObject()

  var body: JSON {
    request ?? ["model": .string(model), "messages": [["role": "user", "content": .string(text)]]]
  }
}
