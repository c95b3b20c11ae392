/// Fills in what a request leaves open: models from families and presets, defaults, deadlines, sizes; and checks what
/// only shows once all of that is known.
struct Resolver {
  let chat: ChatRequest
  let depth: Int
  let recordedPanel: [Requested.RecordedAnswer]?
  /// What the ask's records carry beside its request, in bytes.
  let besides: Int
  let catalogue: Catalogue
  private let preset: String?
  private let fusion: FusionParameters
  private let asksForFusion: Bool

  init(
    chat: ChatRequest, depth: Int, recordedPanel: [Requested.RecordedAnswer]?, besides: Int, catalogue: Catalogue
  ) {
    self.chat = chat
    self.depth = depth
    self.recordedPanel = recordedPanel
    self.besides = besides
    self.catalogue = catalogue
    preset = Ask.preset(ofAlias: chat.model)
    asksForFusion = preset != nil || chat.fusion != nil || chat.plugin != nil || recordedPanel != nil
    // the tool's word over the plugin's
    fusion = (chat.fusion ?? FusionParameters()).over(chat.plugin ?? FusionParameters())
  }

  mutating func ask() throws(AskError) -> Ask {
    let outer = preset == nil ? try model(chat.model, path: "model") : nil
    let entrance: Entrance = preset != nil ? .alias : asksForFusion ? .tool : .plain
    let policy = policy(entrance)
    let allowed = fusion.allowedProviders ?? chat.provider.allowed(catalogue.providers)
    let usual = fusion.preset?.name ?? preset ?? catalogue.usualPreset
    var panel: [ModelRef] = []
    var judge = outer
    if entrance != .plain {
      let resolved = try resolvePanel(preset: usual, allowed: allowed?.names)
      panel = resolved.panel
      judge =
        try fusion.model.map { (given) throws(AskError) in try model(given.name, path: given.path) }
        ?? outer ?? resolved.judge
    }
    guard let answerer = outer ?? judge else { throw AskError("model is missing", path: "model") }
    var ask = Ask(entrance: entrance, policy: policy, request: normalized(), answerer: answerer, depth: depth)
    ask.panel = policy == .never ? [] : panel
    ask.judge = policy == .never ? nil : judge
    for fallback in chat.fallbacks where !Ask.isAlias(fallback.name) && fallback.name != chat.model {
      ask.fallbacks.append(try model(fallback.name, path: fallback.path))
    }
    for standIn in fusion.standIns ?? [] { ask.standIns.append(try model(standIn.name, path: standIn.path)) }
    if policy == .never { ask.standIns = [] }
    ask.mode = fusion.mode ?? .merge
    ask.rounds = ask.mode == .debate ? fusion.rounds ?? 1 : 0
    if recordedPanel != nil, ask.mode == .debate {
      throw AskError("a recorded panel cannot debate: its models are not asked again", path: "recorded_panel")
    }
    ask.recordedPanel = policy == .never ? nil : recordedPanel
    ask.quorum = try quorum(of: ask.panel.count)
    try time(&ask)
    ask.maxCost = fusion.maxCost?.dollars
    ask.toolStopCost = chat.toolStopCost
    ask.maxToolCalls = fusion.maxToolCalls ?? 4
    ask.maxCompletionTokens = fusion.maxCompletionTokens ?? 16_000
    ask.temperature = fusion.temperature
    ask.reasoning = fusion.reasoning
    // a search tells someone the question: where providers are limited it runs only when it was asked for by name
    ask.tools =
      fusion.tools ?? (allowed == nil ? [["type": "openrouter:web_search"], ["type": "openrouter:web_fetch"]] : [])
    ask.cacheControl = fusion.cacheControl
    ask.onFailure = fusion.onFailure ?? .answer
    ask.allowedProviders = allowed?.names
    ask.providerOrder = chat.provider.order.isEmpty ? nil : chat.provider.order
    ask.cacheSeconds = fusion.cacheSeconds
    ask.priority = fusion.priority
    ask.metadata = chat.metadata
    try size(&ask)
    try checkProviders(ask, allowed)
    try checkPrices(&ask)
    try checkCost(ask)
    return ask
  }

  private func policy(_ entrance: Entrance) -> Policy {
    if entrance == .plain || depth > 0 || fusion.enabled == false || chat.toolChoice == "none" { return .never }
    if recordedPanel != nil { return .always }
    if entrance == .alias { return chat.toolChoice == "auto" ? .auto : .always }
    return chat.toolChoice?["type"]?.string == ChatRequest.fusionType ? .always : .auto
  }

  private func model(_ name: String, path: String) throws(AskError) -> ModelRef {
    if let model = catalogue.model(name) { return model.ref(asked: name) }
    if Ask.isAlias(name) { throw AskError("\(path) is \(name), which cannot be part of a fusion", path: path) }
    if catalogue.unreachable.contains(name) {
      throw AskError(
        status: 503, type: "provider_overloaded",
        "\(path) is \(name), for which no provider has a key here; see conclave doctor", path: path)
    }
    throw AskError("\(path) is \"\(name.prefix(200))\", which is no model that is configured here", path: path)
  }

  private func resolvePanel(preset name: String, allowed: [String]?) throws(AskError) -> (
    panel: [ModelRef], judge: ModelRef?
  ) {
    if let given = fusion.preset,
      !catalogue.presets.contains(where: { $0.name == Catalogue.canonical(preset: given.name) })
    {
      let known = catalogue.presets.map(\.name).joined(separator: ", ")
      throw AskError("\(given.path) is \"\(given.name.prefix(80))\"; known are \(known)", path: given.path)
    }
    let preset = catalogue.preset(name)
    func permitted(_ ref: ModelRef) -> Bool {
      guard let allowed, let model = catalogue.model(ref.model) else { return true }
      return model.via.contains { allowed.contains($0.provider) }
    }
    var judge = preset?.judge
    if let recordedPanel {
      let panel = recordedPanel.map {
        catalogue.model($0.model)?.ref(asked: $0.model) ?? ModelRef(asked: $0.model, model: $0.model)
      }
      return (panel, judge ?? catalogue.models.first?.ref(asked: catalogue.models[0].slug))
    }
    var panel: [ModelRef] = []
    if let names = fusion.models {
      for given in names { panel.append(try model(given.name, path: given.path)) }
    } else {
      panel = (preset?.panel ?? []).filter(permitted)
      guard !panel.isEmpty else {
        throw AskError(
          status: 503, type: "provider_overloaded",
          "no model of the preset \(name) can be reached with the keys that are set and the providers allowed")
      }
    }
    if let preferred = judge, !permitted(preferred) { judge = nil }
    return (panel, judge ?? panel.first)
  }

  private func quorum(of members: Int) throws(AskError) -> Int {
    guard let quorum = fusion.quorum, members > 0 else { return members }
    guard quorum.count <= members else {
      throw AskError("\(quorum.path) must be between 1 and the panel's size, \(members)", path: quorum.path)
    }
    return quorum.count
  }

  private func time(_ ask: inout Ask) throws(AskError) {
    ask.deadline = fusion.deadline ?? Limits.usual
    ask.panelDeadline = ask.deadline * 6 / 10
    if let given = fusion.panelDeadline {
      guard given.milliseconds < ask.deadline else {
        throw AskError("\(given.path) must be less than deadline_ms, \(ask.deadline)", path: given.path)
      }
      ask.panelDeadline = given.milliseconds
    }
    // a panel that was given more than the judge's part leaves judge and answer half of the rest each
    ask.judgeDeadline = max(ask.deadline * 8 / 10, ask.panelDeadline + (ask.deadline - ask.panelDeadline) / 2)
    ask.grace = fusion.grace ?? 0
    ask.memberTimeout = fusion.memberTimeout
  }

  private func normalized() -> JSON {
    var object: JSONObject = ["model": .string(chat.model), "messages": .array(chat.messages)]
    if !chat.tools.isEmpty { object["tools"] = .array(chat.tools) }
    object.append("tool_choice", ifPresent: chat.toolChoice)
    object.append("parameters", .object(chat.parameters))
    return .object(object)
  }

  /// The bytes of what a client may write at any length, beside the conversation.
  private var wishes: Int {
    var parts = (fusion.tools ?? []) + [chat.metadata, fusion.cacheControl, fusion.reasoning].compactMap { $0 }
    parts += ((fusion.allowedProviders?.names ?? []) + chat.provider.order).map { .string($0) }
    return parts.reduce(0) { $0 + $1.bytes.count }
  }

  /// An ask's records hold its question, each answer and its analysis; what is too long for them is refused here, because
  /// later nobody could be told.
  private func size(_ ask: inout Ask) throws(AskError) {
    let record = catalogue.recordBytes
    let most = record / 100 * 30
    let besides = besides + wishes
    guard besides <= most else {
      throw AskError(
        status: 413, type: "payload_too_large",
        "metadata, key and parameters of the ask take \(besides) bytes; they may take \(most) (30 % of "
          + "limits.record_bytes)", path: "metadata")
    }
    let question = ask.request.bytes.count + besides
    let share = ask.policy == .never ? 90 : 30
    guard question <= record / 100 * share else {
      throw AskError(
        status: 413, type: "payload_too_large",
        "the question takes \(question) bytes; a \(share == 30 ? "fusion" : "call") takes \(record / 100 * share) "
          + "(\(share) % of limits.record_bytes)",
        path: ask.request["messages"] == nil ? nil : "messages")
    }
    let rest = record / 100 * 80 - (ask.policy == .never ? besides : question)
    ask.answerBytes = ask.policy == .never ? rest : rest / (ask.panel.count + 2)
    for (index, answer) in (recordedPanel ?? []).enumerated()
    where answer.content.size > ask.answerBytes {
      throw AskError(
        status: 413, type: "payload_too_large",
        "recorded_panel[\(index)].content is longer than \(ask.answerBytes) bytes (limits.record_bytes)",
        path: "recorded_panel[\(index)].content")
    }
  }

  private func checkProviders(_ ask: Ask, _ allowed: (names: [String], path: String)?) throws(AskError) {
    guard let allowed else { return }
    var asked = [ask.answerer] + ask.fallbacks + ask.standIns
    if recordedPanel == nil { asked += ask.panel }
    if let judge = ask.judge { asked.append(judge) }
    for ref in asked {
      let providers = catalogue.model(ref.model)?.via.map(\.provider) ?? []
      guard providers.contains(where: { allowed.names.contains($0) }) else {
        throw AskError(
          "\(ref.asked) is served by \(providers.joined(separator: ", ")) and by none that \(allowed.path) leaves",
          path: allowed.path)
      }
    }
  }

  /// A fallback that is too dear is left out; whoever else would be asked must not be.
  private func checkPrices(_ ask: inout Ask) throws(AskError) {
    ask.fallbacks.removeAll { chat.provider.excess($0.price) != nil }
    let panel = recordedPanel == nil ? ask.panel : []
    for ref in [ask.answerer] + panel + ask.standIns + (ask.judge.map { [$0] } ?? []) {
      guard let excess = chat.provider.excess(ref.price) else { continue }
      throw AskError(
        "\(ref.asked) costs more than provider.max_price.\(excess) allows", path: "provider.max_price.\(excess)")
    }
  }

  private func checkCost(_ ask: Ask) throws(AskError) {
    guard let limit = fusion.maxCost, ask.policy != .never else { return }
    let estimate = Estimate(ask).total
    guard estimate <= limit.dollars else {
      throw AskError(
        status: 402, type: "payment_required",
        "the panel would cost about $\(Estimate.text(estimate)), more than \(limit.path) $\(Estimate.text(limit.dollars))",
        path: limit.path)
    }
  }
}
