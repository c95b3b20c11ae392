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
    var events: [StreamEvent]
    let end: StreamEvent
    switch self {
    case .openAI:
      events = OpenAIShape.events(completion, wordsEach: wordsEach, includesUsage: includesUsage)
      end = OpenAIShape.done
    case .anthropic:
      events = AnthropicShape.events(completion, wordsEach: wordsEach)
      end = AnthropicShape.stop
    }
    if wire.contains(.brokenAfterFinish) {
      events.append(StreamEvent(Array("{\"choices\": [{\"delta\": {\"cont".utf8)))
    }
    if wire.contains(.errorAfterFinish) { events += error(completion) }
    return ends ? events + [end] : events
  }

  /// What a provider says of its limits, in its own names.
  func headers(_ limit: Manner.RateLimit, now: Int) -> [(String, String)] {
    switch self {
    case .openAI:
      [
        ("x-ratelimit-remaining-requests", String(limit.remaining)),
        ("x-ratelimit-reset-requests", "\(limit.resetSeconds)s"),
      ] + (limit.limit.map { [("x-ratelimit-limit-requests", String($0))] } ?? [])
    case .anthropic:
      [
        ("anthropic-ratelimit-requests-remaining", String(limit.remaining)),
        (
          "anthropic-ratelimit-requests-reset",
          // a second's start: rounded up, so that it is not over too early
          Moment(milliseconds: Int64(now + limit.resetSeconds + 1) * 1000).rfc3339
        ),
      ] + (limit.limit.map { [("anthropic-ratelimit-requests-limit", String($0))] } ?? [])
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
