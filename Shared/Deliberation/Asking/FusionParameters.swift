/// What a tool's `parameters` or a plugin's entry say about fusion, checked and not yet resolved.
struct FusionParameters {
  var models: [(name: String, path: String)]?
  var model: (name: String, path: String)?
  var preset: (name: String, path: String)?
  var maxToolCalls: Int?
  var maxCompletionTokens: Int?
  var reasoning: JSON?
  var temperature: Double?
  var tools: [JSON]?
  var cacheControl: JSON?
  var enabled: Bool?
  var mode: Mode?
  var rounds: Int?
  var quorum: (count: Int, path: String)?
  var grace: Int64?
  var deadline: Int64?
  var panelDeadline: (milliseconds: Int64, path: String)?
  var memberTimeout: Int64?
  var standIns: [(name: String, path: String)]?
  var maxCost: (dollars: Double, path: String)?
  var onFailure: OnFailure?
  var allowedProviders: (names: [String], path: String)?
  var cacheSeconds: Int?
  var priority: Priority?

  static let names: Set<String> = [
    "analysis_models", "model", "preset", "max_tool_calls", "max_completion_tokens", "reasoning", "temperature",
    "tools", "cache_control", "enabled", "mode", "rounds", "quorum", "grace_ms", "deadline_ms", "panel_deadline_ms",
    "member_timeout_ms", "stand_ins", "max_cost", "on_failure", "allowed_providers", "cache", "priority",
  ]

  static let serverTools = ["openrouter:web_search", "openrouter:web_fetch", "openrouter:bash"]

  init() {}

  init(_ from: Parameters, besides: Set<String> = []) throws(AskError) {
    try from.allow(only: Self.names.union(besides))
    models = try from.texts("analysis_models", 1...Limits.members)?.enumerated().map {
      ($1, from.place("analysis_models[\($0)]"))
    }
    model = try from.text("model").map { ($0, from.place("model")) }
    preset = try from.text("preset").map { ($0, from.place("preset")) }
    maxToolCalls = try from.whole("max_tool_calls", 1...Int64(Limits.toolCalls)).map(Int.init)
    maxCompletionTokens = try from.whole("max_completion_tokens", 1...10_000_000).map(Int.init)
    temperature = try from.number("temperature", 0...2)
    reasoning = try Self.reasoning(from)
    tools = try Self.tools(from)
    if let value = from["cache_control"] {
      guard value.object != nil else { throw from.wrong("cache_control", "must be an object") }
      cacheControl = value
    }
    enabled = try from.flag("enabled")
    mode = try from.choice("mode", of: ["merge", "best-of", "debate"], as: Mode.self)
    rounds = try from.whole("rounds", 1...Int64(Limits.rounds)).map(Int.init)
    quorum = try from.whole("quorum", 1...Int64(Limits.members)).map { (Int($0), from.place("quorum")) }
    grace = try from.whole("grace_ms", 0...Limits.longest)
    deadline = try from.whole("deadline_ms", 1...Limits.longest)
    panelDeadline = try from.whole("panel_deadline_ms", 1...Limits.longest).map {
      ($0, from.place("panel_deadline_ms"))
    }
    memberTimeout = try from.whole("member_timeout_ms", 1...Limits.longest)
    standIns = try from.texts("stand_ins", 0...Limits.standIns)?.enumerated().map {
      ($1, from.place("stand_ins[\($0)]"))
    }
    maxCost = try from.number("max_cost", 0...1_000_000).map { ($0, from.place("max_cost")) }
    onFailure = try from.choice("on_failure", of: ["answer", "fail"], as: OnFailure.self)
    allowedProviders = try from.texts("allowed_providers", 1...64).map { ($0, from.place("allowed_providers")) }
    if let value = from["cache"] {
      let cache = try Parameters(value, path: from.place("cache"))
      try cache.allow(only: ["ttl_seconds"])
      guard let seconds = try cache.whole("ttl_seconds", 1...31_536_000) else {
        throw cache.wrong("ttl_seconds", "is missing")
      }
      cacheSeconds = Int(seconds)
    }
    priority = try from.choice("priority", of: ["interactive", "bulk"], as: Priority.self)
  }

  static func reasoning(_ from: Parameters) throws(AskError) -> JSON? {
    guard let value = from["reasoning"] else { return nil }
    let reasoning = try Parameters(value, path: from.place("reasoning"))
    try reasoning.allow(only: ["effort", "max_tokens", "enabled", "exclude", "summary"])
    if let effort = try reasoning.text("effort"),
      !["max", "xhigh", "high", "medium", "low", "minimal", "none"].contains(effort)
    {
      throw reasoning.wrong("effort", "must be one of max, xhigh, high, medium, low, minimal, none")
    }
    _ = try reasoning.whole("max_tokens", 0...10_000_000)
    _ = try reasoning.flag("enabled")
    _ = try reasoning.flag("exclude")
    return value
  }

  private static func tools(_ from: Parameters) throws(AskError) -> [JSON]? {
    guard let list = try from.list("tools") else { return nil }
    guard list.count <= 8 else { throw from.wrong("tools", "must name 0 to 8; it names \(list.count)") }
    for (index, value) in list.enumerated() {
      let tool = try Parameters(value, path: from.place("tools[\(index)]"))
      try tool.allow(only: ["type", "parameters"])
      guard let type = try tool.text("type"), serverTools.contains(type) else {
        throw tool.wrong("type", "must be one of \(serverTools.joined(separator: ", "))")
      }
      try ServerToolParameters.check(tool)
    }
    return list
  }

  /// What this says wins; what it leaves open is taken from the other.
  func over(_ other: FusionParameters) -> FusionParameters {
    var all = self
    all.models = models ?? other.models
    all.model = model ?? other.model
    all.preset = preset ?? other.preset
    all.maxToolCalls = maxToolCalls ?? other.maxToolCalls
    all.maxCompletionTokens = maxCompletionTokens ?? other.maxCompletionTokens
    all.reasoning = reasoning ?? other.reasoning
    all.temperature = temperature ?? other.temperature
    all.tools = tools ?? other.tools
    all.cacheControl = cacheControl ?? other.cacheControl
    all.enabled = enabled ?? other.enabled
    all.mode = mode ?? other.mode
    all.rounds = rounds ?? other.rounds
    all.quorum = quorum ?? other.quorum
    all.grace = grace ?? other.grace
    all.deadline = deadline ?? other.deadline
    all.panelDeadline = panelDeadline ?? other.panelDeadline
    all.memberTimeout = memberTimeout ?? other.memberTimeout
    all.standIns = standIns ?? other.standIns
    all.maxCost = maxCost ?? other.maxCost
    all.onFailure = onFailure ?? other.onFailure
    all.allowedProviders = allowedProviders ?? other.allowedProviders
    all.cacheSeconds = cacheSeconds ?? other.cacheSeconds
    all.priority = priority ?? other.priority
    return all
  }
}
