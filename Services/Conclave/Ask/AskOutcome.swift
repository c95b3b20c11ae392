internal import Deliberation

/// The answer, and where it was compared, what the answering model said alone.
struct AskOutcome: Equatable, Sendable {
  var fused: AskAnswer
  var alone: AskAnswer?

  var json: JSON {
    guard let alone else { return fused.body }
    return [
      "fused": ["milliseconds": .int(fused.milliseconds), "body": fused.body],
      "alone": ["milliseconds": .int(alone.milliseconds), "body": alone.body],
    ]
  }

  var text: String {
    guard let alone else { return fused.text }
    let other = alone.isAnswer ? alone.text : "no answer: \(alone.failure)"
    return """
      \(fused.text)

      -- fused: \(fused.price)
      -- \(alone.isAnswer ? alone.model : "the model") alone: \(alone.price)

      \(other)
      """
  }
}
