package import Deliberation

extension Price {
  package static let free = Price(input: 0, output: 0)

  /// What the provider reported, else what the table says.
  package func cost(_ usage: TokenUsage) -> Double {
    if let cost = usage.cost { return cost }
    let cached = min(usage.cached, usage.prompt)
    let fresh = usage.prompt - cached
    return request
      + (Double(fresh) * input + Double(cached) * (cachedInput ?? input) + Double(usage.completion) * output) / 1e6
  }
}
