package import Deliberation

/// What a model said: whole when the provider finished, or as far as it came.
package struct ProviderAnswer: Sendable, Equatable {
  /// The model as the provider names it.
  package var model: String?
  /// Who served it, where the provider is itself a router and says so.
  package var servedBy: String?
  package var content = ""
  package var reasoning = ""
  package var reasoningDetails: [JSON] = []
  package var refusal = ""
  package var toolCalls: [ToolCall] = []
  package var annotations: [JSON] = []
  /// One of `stop`, `length`, `tool_calls`, `content_filter`, `error`; nil until the provider gave any.
  package var finishReason: String?
  /// As the provider wrote it, where that is something else.
  package var nativeFinishReason: String?
  package var usage: TokenUsage?
  /// It held bytes that are no UTF-8, and U+FFFD stands in their place.
  package var isRepaired = false

  package init() {}

  package var isEmpty: Bool { content.isEmpty && reasoning.isEmpty && toolCalls.isEmpty }
}
