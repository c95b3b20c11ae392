internal import Deliberation

/// Somebody who finds pages for a few words.
protocol SearchEngine: Sendable {
  var name: String { get }
  func search(_ query: SearchQuery, within limit: Duration) async throws(SearchFailure) -> SearchAnswer
}

struct SearchQuery: Sendable, Equatable {
  var text: String
  var count: Int
  /// Empty: all but the excluded ones.
  var allowed: [String] = []
  var excluded: [String] = []
}

struct SearchAnswer: Sendable, Equatable {
  struct Hit: Sendable, Equatable {
    var url: String
    var title: String
    var text: String
    /// By which domains are told apart.
    var host: String
  }

  var hits: [Hit] = []
  var cost = 0.0
  var receivedBytes: Int?
}

/// Why there is no answer, for the model and for whoever reads the trace.
struct SearchFailure: Error, Sendable, Equatable, CustomStringConvertible {
  var outcome: ToolUse.Outcome
  var description: String

  init(_ description: String, _ outcome: ToolUse.Outcome = .failed) {
    self.outcome = outcome
    self.description = description
  }
}
