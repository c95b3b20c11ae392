import Deliberation

/// The questions of a run: every mode, panel size and bound that the contract knows.
enum Asks {
  static func draw(_ universe: Universe) -> JSON {
    let size = universe.pick(1..<5)
    let panel = (0..<size).map { _ in JSON.string("sim/m\(universe.pick(0..<4))") }
    var plugin: JSONObject = [
      "id": "fusion", "analysis_models": .array(panel), "model": "sim/judge",
      "deadline_ms": .int(Int64(universe.pick(5_000..<120_000))),
    ]
    if universe.chance(30) {
      plugin.append("quorum", .int(Int64(universe.pick(1..<size + 1))))
      plugin.append("grace_ms", .int(Int64(universe.pick(0..<2_000))))
    }
    if universe.chance(20) { plugin.append("stand_ins", ["sim/m3", "sim/m2"]) }
    switch universe.pick(0..<10) {
    case 0..<2: plugin.append("mode", "best-of")
    case 2..<4:
      plugin.append("mode", "debate")
      plugin.append("rounds", .int(Int64(universe.pick(1..<4))))
    default: break
    }
    if universe.chance(20) { plugin.append("on_failure", "fail") }
    return [
      "model": "openrouter/fusion", "messages": [["role": "user", "content": "What is plain?"]],
      "plugins": [.object(plugin)],
    ]
  }

  /// A configuration whose models are all reachable.
  static let configuration = """
    {"providers": {"sim": {"base_url": "http://localhost/v1", "format": "openai"}},
     "models": [\(["m0", "m1", "m2", "m3", "judge"].map { """
      {"slug": "sim/\($0)", "family": "sim/\($0)", "released": "2025-01-01", "lane": "default", "context": 100000,
       "price": {"input": 1, "output": 2, "cached_input": 0.5, "request": 0}, "via": [{"provider": "sim", "name": "\($0)"}]}
      """ }.joined(separator: ","))],
     "presets": {"general-high": {"panel": ["sim/m0", "sim/m1"], "judge": "sim/judge"}},
     "lanes": {"default": {"max_concurrency": 100}}}
    """
}
