internal import Deliberation

/// How a request was routed, as `openrouter_metadata` says it to those who sent `X-OpenRouter-Metadata: enabled`.
struct OpenRouterMetadata: Sendable {
  private let requested: String
  private let strategy: String
  private let available: [(provider: String, model: String)]

  init(requested: String, _ ask: Ask, _ catalogue: Catalogue) {
    self.requested = requested
    strategy =
      ask.policy != .never
      ? "fusion" : requested.hasPrefix("~") ? "latest" : ask.fallbacks.isEmpty ? "direct" : "fallback"
    available = ([ask.answerer] + ask.fallbacks).flatMap { ref in
      (catalogue.model(ref.model)?.via ?? []).map { ($0.provider, ref.model) }
    }
  }

  /// `answered`: the body of the answer, by which it is known who gave it.
  func json(answered body: JSON?) -> JSON {
    let model = body?["model"]?.string
    let chosen = available.firstIndex { $0.model == model } ?? (body == nil ? nil : 0)
    return [
      "requested": .string(requested), "strategy": .string(strategy), "region": .null,
      "summary": .string("\(strategy): \(model ?? requested)"), "attempt": body == nil ? 0 : 1, "is_byok": false,
      "endpoints": [
        "total": .int(Int64(available.count)),
        "available": .array(
          available.enumerated().map { place, endpoint in
            [
              "provider": .string(endpoint.provider), "model": .string(endpoint.model),
              "selected": .bool(place == chosen),
            ]
          }),
      ],
    ]
  }

  func added(to body: JSON) -> JSON {
    guard var object = body.object else { return body }
    object["openrouter_metadata"] = json(answered: body["error"] == nil ? body : nil)
    return .object(object)
  }
}
