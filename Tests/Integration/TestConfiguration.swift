import Deliberation

/// A configuration whose models the simulator plays, each with the behaviour that its name asks for.
struct TestConfiguration {
  /// What the models of the panel do, as the simulator's names say it.
  var panel = ["latency-20-120", "latency-20-120", "latency-20-120"]
  var judge = "latency-20-60"
  /// Models that are asked for by name alone.
  var others: [String] = []
  var maxOpen = 500
  var tools: JSON = [:]

  var members: [String] { panel.enumerated().map { "simulator/model-\($0)+\($1)" } }
  var judgeModel: String { "simulator/model-judge+\(judge)" }

  static let slow = TestConfiguration(
    panel: ["latency-700-1500", "latency-700-1500", "latency-700-1500"], judge: "latency-200-500")

  var json: JSON {
    [
      "providers": [
        "simulator": ["base_url": "http://127.0.0.1:9/v1", "format": "openai", "key_env": "NOBODYS_API_KEY"]
      ],
      "models": .array((members + [judgeModel] + others).map(model)),
      "presets": ["general-high": ["panel": .array(members.map(JSON.string)), "judge": .string(judgeModel)]],
      "lanes": ["default": ["max_concurrency": 2000]],
      "tools": tools, "limits": ["max_open": .int(Int64(maxOpen))],
    ]
  }

  private func model(_ slug: String) -> JSON {
    [
      "slug": .string(slug), "family": "simulator/all", "released": "2026-01-01", "lane": "default", "context": 200_000,
      "price": ["input": 1.0, "output": 2.0], "via": [["provider": "simulator", "name": .string(slug)]],
    ]
  }

  /// What a client of the fusion sends.
  static func fusion(_ question: String) -> JSON {
    ["model": "openrouter/fusion", "messages": [["role": "user", "content": .string(question)]]]
  }
}
