import Deliberation

/// Builders of what tests are given.
enum Sample {
  static let id = "gen-1"
  static let start = Moment(milliseconds: 1_795_219_200_000)

  /// Six models of three families on two providers, and the presets that asks name.
  static let configuration: JSON = [
    "models": [
      model("anthropic/claude-opus-4.5", family: "anthropic/claude-opus", released: "2025-11-24", 5, 25, "openrouter"),
      model("anthropic/claude-opus-4.1", family: "anthropic/claude-opus", released: "2025-08-05", 15, 75, "openrouter"),
      model("openai/gpt-5.1", family: "openai/gpt", released: "2025-11-12", 1.25, 10, "openai"),
      model("google/gemini-3-pro", family: "google/gemini-pro", released: "2025-11-18", 2, 12, "openrouter"),
      model("deepseek/deepseek-v3.2", family: "deepseek/deepseek", released: "2025-12-01", 0.3, 0.4, "openrouter"),
      model("local/unreachable", family: "local/unreachable", released: "2025-01-01", 0, 0, "nowhere"),
    ],
    "presets": [
      "general-high": [
        "panel": ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"],
        "judge": "~anthropic/claude-opus-latest",
      ],
      "general-fast": ["panel": ["~openai/gpt-latest", "deepseek/deepseek-v3.2"], "judge": "~openai/gpt-latest"],
      "general-budget": ["panel": ["deepseek/deepseek-v3.2", "local/unreachable"], "judge": "local/unreachable"],
    ],
    "lanes": ["default": [:]],
    "limits": ["record_bytes": 1_000_000],
  ]

  private static func model(
    _ slug: String, family: String, released: String, _ input: Double, _ output: Double, _ provider: String
  ) -> JSON {
    [
      "slug": .string(slug), "family": .string(family), "released": .string(released), "context": 200_000,
      "price": ["input": .double(input), "output": .double(output)],
      "via": [["provider": .string(provider), "name": .string(slug)]],
    ]
  }

  static func catalogue() throws -> Catalogue {
    try Catalogue(json: configuration) { $0 != "nowhere" }
  }

  static let messages: JSON = [["role": "user", "content": "Which is the tallest mountain?"]]

  /// A chat request for fusion by its alias, with what the plugin entry adds.
  static func alias(_ plugin: JSONObject = [:], _ others: JSONObject = [:]) -> JSON {
    var request: JSONObject = ["model": "openrouter/fusion", "messages": messages]
    if !plugin.isEmpty {
      var entry: JSONObject = ["id": "fusion"]
      for member in plugin.members { entry[member.key] = member.value }
      request["plugins"] = [.object(entry)]
    }
    for member in others.members { request[member.key] = member.value }
    return .object(request)
  }

  /// A chat request for a model with the fusion tool beside others.
  static func tool(_ parameters: JSONObject = [:], others tools: [JSON] = [], _ others: JSONObject = [:]) -> JSON {
    var request: JSONObject = ["model": "openai/gpt-5.1", "messages": messages]
    request["tools"] = .array([["type": "openrouter:fusion", "parameters": .object(parameters)]] + tools)
    for member in others.members { request[member.key] = member.value }
    return .object(request)
  }

  static let weather: JSON = [
    "type": "function", "function": ["name": "weather", "parameters": ["type": "object"]],
  ]

  /// The record of an ask on `requests`.
  static func ask(_ request: JSON, _ others: JSONObject = [:]) -> JSON {
    var ask: JSONObject = ["request": request]
    for member in others.members { ask[member.key] = member.value }
    return .object(ask)
  }

  static func intake(
    _ ask: JSON, id askID: String = "ask-1", subject: String? = id, key: String = "key-1", at now: Moment = start
  ) throws -> Intake.Result {
    Intake.output(
      ask: ask.bytes, id: askID, source: "/conclave/gateway", subject: subject, topic: "conclave.requests",
      partition: 0, offset: 7, key: Array(key.utf8), catalogue: try catalogue(), now: now)
  }
}
