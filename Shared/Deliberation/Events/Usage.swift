/// Tokens, as providers count them. What a provider did not say counts as 0.
package struct Usage: Sendable, Equatable {
  package var promptTokens: Int
  package var completionTokens: Int
  package var totalTokens: Int
  package var cachedTokens: Int
  package var reasoningTokens: Int

  package init(
    promptTokens: Int = 0, completionTokens: Int = 0, totalTokens: Int? = nil, cachedTokens: Int = 0,
    reasoningTokens: Int = 0
  ) {
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
    self.totalTokens = totalTokens ?? promptTokens &+ completionTokens
    self.cachedTokens = cachedTokens
    self.reasoningTokens = reasoningTokens
  }

  init(_ fields: Fields) throws(EventError) {
    func count(_ key: StaticString) throws(EventError) -> Int { min(max(try fields.whole(key) ?? 0, 0), 1 << 40) }
    promptTokens = try count("prompt_tokens")
    completionTokens = try count("completion_tokens")
    totalTokens = fields.has("total_tokens") ? try count("total_tokens") : promptTokens + completionTokens
    cachedTokens = try count("cached_tokens")
    reasoningTokens = try count("reasoning_tokens")
  }

  package var json: JSON {
    [
      "prompt_tokens": .int(Int64(promptTokens)), "completion_tokens": .int(Int64(completionTokens)),
      "total_tokens": .int(Int64(totalTokens)), "cached_tokens": .int(Int64(cachedTokens)),
      "reasoning_tokens": .int(Int64(reasoningTokens)),
    ]
  }

  package static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      promptTokens: left.promptTokens + right.promptTokens,
      completionTokens: left.completionTokens + right.completionTokens,
      totalTokens: left.totalTokens + right.totalTokens, cachedTokens: left.cachedTokens + right.cachedTokens,
      reasoningTokens: left.reasoningTokens + right.reasoningTokens)
  }
}
