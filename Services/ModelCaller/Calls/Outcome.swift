package import Deliberation
package import Models

/// How a call ended, before it is an event.
package struct Outcome: Sendable, Equatable {
  package enum Verdict: Sendable, Equatable {
    case completed
    case failed(ProviderFailure)
  }

  package var verdict: Verdict
  /// What was received: all of it, or as far as it came.
  package var answer: ProviderAnswer
  package var usage: TokenUsage
  package var cost: Double
  /// The model that answered, or was asked last; its name in the configuration.
  package var model: String
  package var provider: String
  package var execution: String
  package var tries: [TryRecord]
  /// The trace of the tools that were used.
  package var tools: [JSON] = []
  package var started: Moment
  package var firstToken: Moment?
  package var finished: Moment
}
