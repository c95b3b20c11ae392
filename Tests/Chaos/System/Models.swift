internal import Deliberation

/// The configuration of a run: models that the simulator plays, with the latency that the run wants.
struct Models: Sendable {
  /// `simulator/…` parts: `latency-300-3000`.
  var manner: String
  var judgeManner: String?
  var members = 3
  var maxOpen = 500
  var concurrency = 8000

  private func slug(_ member: Int) -> String { "simulator/model-\(member)+\(manner)" }
  private var judge: String { "simulator/model-judge+\(judgeManner ?? manner)" }
  /// A model to be asked alone.
  var single: String { slug(0) }

  var json: JSON {
    let slugs = (0..<members).map(slug) + [judge]
    return [
      "providers": [
        "simulator": [
          "base_url": "http://127.0.0.1:9/v1", "format": "openai", "key_env": "CONCLAVE_CHAOS_HAS_NO_KEY",
          "max_concurrency": .int(Int64(concurrency)), "requests_per_minute": 10_000_000,
          "tokens_per_minute": 1_000_000_000,
          "timeouts": ["connect_ms": 5000, "first_token_ms": 60_000, "idle_ms": 30_000],
        ]
      ],
      "models": .array(slugs.map(model)),
      "presets": [
        "general-high": ["panel": .array((0..<members).map { .string(slug($0)) }), "judge": .string(judge)]
      ],
      "lanes": ["default": ["max_concurrency": .int(Int64(concurrency))]],
      "limits": ["max_open": .int(Int64(maxOpen))],
    ]
  }

  private func model(_ slug: String) -> JSON {
    [
      "slug": .string(slug), "family": "simulator/models", "released": "2026-01-01", "lane": "default",
      "context": 200_000, "price": ["input": 1.0, "output": 2.0, "cached_input": 0.1, "request": 0],
      "via": [["provider": "simulator", "name": .string(slug)]],
    ]
  }
}
