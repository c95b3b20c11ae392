/// A request, understood: who sits on the panel, who judges, who answers, within which bounds. The gateway refuses with
/// it what intake would refuse.
package struct Ask: Sendable, Equatable {
  package var entrance: Entrance
  package var policy: Policy
  package var request: JSON
  package var mode = Mode.merge
  package var panel: [ModelRef] = []
  package var judge: ModelRef?
  package var answerer: ModelRef
  package var fallbacks: [ModelRef] = []
  package var standIns: [ModelRef] = []
  package var rounds = 0
  package var quorum = 0
  package var grace: Int64 = 0
  package var deadline = Limits.usual
  package var panelDeadline: Int64 = 0
  package var judgeDeadline: Int64 = 0
  package var memberTimeout: Int64?
  package var maxCost: Double?
  package var toolStopCost: Double?
  package var maxToolCalls = 4
  package var maxCompletionTokens = 16_000
  package var temperature: Double?
  package var reasoning: JSON?
  package var tools: [JSON] = []
  package var cacheControl: JSON?
  package var onFailure = OnFailure.answer
  package var allowedProviders: [String]?
  /// Who is asked first, where several serve a model.
  package var providerOrder: [String]?
  package var cacheSeconds: Int?
  package var priority: Priority?
  package var depth: Int
  package var answerBytes = 0
  package var metadata: JSON?
  package var recordedPanel: [Requested.RecordedAnswer]?

  static let aliases: [String: String] = [
    "openrouter/fusion": "general-high", "conclave/fusion": "general-high", "openrouter/fusion-flash": "general-fast",
    "conclave/fusion-flash": "general-fast",
  ]

  /// The preset that a model's name means. A variant of an alias (`openrouter/fusion-flash:free`) is that alias: which
  /// models are asked follows from the preset, and what they cost from the configuration.
  static func preset(ofAlias model: String) -> String? {
    if let preset = aliases[model] { return preset }
    guard let colon = model.firstIndex(of: ":"), model.index(after: colon) != model.endIndex else { return nil }
    return aliases[String(model[..<colon])]
  }

  /// Whether a model's name means a panel.
  package static func isAlias(_ model: String) -> Bool { preset(ofAlias: model) != nil }

  /// Understands the body of chat completions or responses. `recordedPanel` are answers that came with the ask, `besides`
  /// the bytes that its records carry beside the request.
  package static func parse(
    request: JSON, form: Form, depth: Int = 0, recordedPanel: [Requested.RecordedAnswer]? = nil, besides: Int = 0,
    catalogue: Catalogue
  ) throws(AskError) -> Ask {
    let chat = try ChatRequest(request, form: form)
    var resolver = Resolver(
      chat: chat, depth: depth, recordedPanel: recordedPanel, besides: besides, catalogue: catalogue)
    return try resolver.ask()
  }
}
