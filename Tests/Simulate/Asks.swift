import Calls
import Deliberation
import Models

/// The questions of a run: every way of asking, mode, panel size and bound that the contract knows.
enum Asks {
  static let providers = ["one", "two"]
  private static let models = ["m0", "m1", "m2", "m3", "judge", "mute"]
  private static let price = Price(input: 100, output: 200)

  /// The request of an ask, with what stands beside it.
  static func draw(_ universe: Universe) -> JSONObject {
    var fusion = parameters(universe)
    var ask: JSONObject = [:]
    var request: JSONObject = ["model": "openrouter/fusion", "messages": question]
    func asPlugin() {
      fusion.append("id", "fusion")
      if fusion["model"] == nil { fusion.append("model", "sim/judge") }
      request.append("plugins", [.object(fusion)])
    }
    func asTool() {
      request["model"] = .string(model(universe))
      request.append("tools", [["type": "openrouter:fusion", "parameters": .object(fusion)], weather])
    }
    switch universe.pick(0..<16) {
    case 0:
      universe.count("asked plainly")
      request["model"] = .string(model(universe))
    case 1, 2:
      universe.count("asked with the tool")
      asTool()
    case 3:
      universe.count("asked with the tool, forced")
      asTool()
      request.append("tool_choice", ["type": "openrouter:fusion"])
    case 4:
      universe.count("alias left to the model")
      asPlugin()
      request.append("tool_choice", "auto")
    case 5:
      universe.count("alias bypassed")
      asPlugin()
      request.append("tool_choice", "none")
    case 6:
      universe.count("asked wrongly")
      if universe.chance(50) { fusion["quorum"] = 99 } else { fusion["analysis_models"] = ["sim/none"] }
      asPlugin()
    case 7:
      universe.count("recorded panel")
      if fusion["mode"] == "debate" { fusion["mode"] = nil }
      for key in ["analysis_models", "rounds", "quorum"] { fusion[key] = nil }
      asPlugin()
      ask.append(
        "recorded_panel",
        .array(
          (0..<universe.pick(1..<4)).map { ["model": "sim/m\($0)", "content": "Recorded answer \($0) is plain."] }))
    case 8:
      universe.count("asked at depth 1")
      asPlugin()
      ask.append("depth", 1)
    default:
      asPlugin()
      if universe.chance(15) {
        universe.count("asked as responses")
        request["messages"] = nil
        request.append("input", "What is plain?")
        ask.append("form", "responses")
      }
    }
    if universe.chance(40) { ask.append("stream", universe.chance(50) ? "answer" : "panel") }
    ask.append("request", .object(request))
    ask.append("tenant", "t")
    return ask
  }

  private static let question: JSON = [["role": "user", "content": "What is plain?"]]
  private static let weather: JSON = [
    "type": "function", "function": ["name": "weather", "parameters": ["type": "object"]],
  ]

  private static func model(_ universe: Universe) -> String {
    universe.chance(2) ? "sim/mute" : "sim/m\(universe.pick(0..<4))"
  }

  private static func parameters(_ universe: Universe) -> JSONObject {
    let size = universe.chance(80) ? universe.pick(1..<5) : universe.pick(5..<9)
    let deadline = Int64(universe.pick(5_000..<120_000))
    var fusion: JSONObject = [
      "analysis_models": .array((0..<size).map { _ in .string(model(universe)) }), "deadline_ms": .int(deadline),
      "tools": [],
    ]
    if size > 4 { universe.count("large panel") }
    if universe.chance(30) {
      fusion.append("quorum", .int(Int64(universe.pick(1..<size + 1))))
      fusion.append("grace_ms", .int(Int64(universe.pick(0..<2_000))))
    }
    if universe.chance(25) { fusion.append("stand_ins", ["sim/m3", "sim/m2"]) }
    switch universe.pick(0..<10) {
    case 0..<2: fusion.append("mode", "best-of")
    case 2..<4:
      fusion.append("mode", "debate")
      fusion.append("rounds", .int(Int64(universe.chance(70) ? 1 : universe.pick(2..<4))))
    default: break
    }
    if universe.chance(20) { fusion.append("on_failure", "fail") }
    if universe.chance(20) { fusion.append("member_timeout_ms", .int(Int64(universe.pick(500..<8_000)))) }
    if universe.chance(15) { fusion.append("panel_deadline_ms", .int(deadline * Int64(universe.pick(10..<90)) / 100)) }
    if universe.chance(15) { fusion.append("max_cost", .int(Int64(universe.pick(10..<100)))) }
    if universe.chance(8) { fusion.append("cache", ["ttl_seconds": 60]) }
    return fusion
  }

  // MARK: What there is to be asked

  static func catalogue() throws -> Catalogue {
    let models = models.map { name -> JSON in
      [
        "slug": .string("sim/\(name)"), "family": .string("sim/\(name)"), "released": "2025-01-01",
        "lane": name == "mute" ? "mute" : "default", "context": 100_000, "price": price.json,
        "via": .array(providers.map { ["provider": .string($0), "name": .string(name)] }),
      ]
    }
    return try Catalogue(json: [
      "models": .array(models),
      "presets": ["general-high": ["panel": ["sim/m0", "sim/m1"], "judge": "sim/judge"]],
      "lanes": ["default": ["max_concurrency": 100], "mute": ["max_concurrency": 100]],
    ]) { _ in true }
  }

  /// Some models are served twice.
  static let routes: @Sendable (Command) -> [Route] = { command in
    command.models.flatMap { model in
      (model == "sim/m0" || model == "sim/m1" ? providers : [providers[0]]).map {
        Route(provider: $0, model: model, name: model, price: price)
      }
    }
  }
}
