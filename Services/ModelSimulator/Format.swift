internal import Deliberation

/// The provider's wire format that a request came in.
enum Format: Sendable {
  case openAI, anthropic

  func whole(_ completion: Completion) -> JSON {
    switch self {
    case .openAI: OpenAIShape.whole(completion)
    case .anthropic: AnthropicShape.whole(completion)
    }
  }

  /// All events of a stream; some of what ends it is left out where that was asked for.
  func events(_ completion: Completion, wordsEach: Int, includesUsage: Bool, _ wire: Set<Part.Wire>) -> [StreamEvent] {
    let ends = wire.isDisjoint(with: [.noDone, .noFinish])
    switch self {
    case .openAI:
      let events = OpenAIShape.events(completion, wordsEach: wordsEach, includesUsage: includesUsage)
      return ends ? events + [OpenAIShape.done] : events
    case .anthropic:
      let events = AnthropicShape.events(completion, wordsEach: wordsEach)
      return ends ? events + [AnthropicShape.stop] : events
    }
  }

  /// What a provider sends that fails in the middle of a stream, and what it still sends after that.
  func error(_ completion: Completion) -> [StreamEvent] {
    switch self {
    case .openAI: [OpenAIShape.error(completion), OpenAIShape.done]
    case .anthropic: [AnthropicShape.error]
    }
  }

  func body(_ refusal: Refusal) -> JSON {
    switch self {
    case .openAI: refusal.body
    case .anthropic: refusal.anthropicBody
    }
  }
}
