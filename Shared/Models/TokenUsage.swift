internal import Deliberation

/// What a provider counted for one request.
package struct TokenUsage: Sendable, Equatable {
  package var prompt: Int
  package var completion: Int
  package var cached: Int
  package var reasoning: Int
  /// What the provider says that it charged, in USD. It wins over any price table.
  package var cost: Double?

  package init(prompt: Int = 0, completion: Int = 0, cached: Int = 0, reasoning: Int = 0, cost: Double? = nil) {
    self.prompt = prompt
    self.completion = completion
    self.cached = cached
    self.reasoning = reasoning
    self.cost = cost
  }

  package var total: Int { prompt + completion }

  package static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
    TokenUsage(
      prompt: left.prompt + right.prompt, completion: left.completion + right.completion,
      cached: left.cached + right.cached, reasoning: left.reasoning + right.reasoning,
      cost: left.cost == nil && right.cost == nil ? nil : (left.cost ?? 0) + (right.cost ?? 0))
  }

  /// A count from outside: never negative, never so large that sums of it overflow.
  static func count(_ json: JSON?) -> Int {
    guard let number = json?.number, number.isFinite, number > 0 else { return 0 }
    return Int(min(number, 1e12))
  }

  static func money(_ json: JSON?) -> Double? {
    guard let number = json?.number, number.isFinite, number >= 0, number < 1e6 else { return nil }
    return number
  }
}
