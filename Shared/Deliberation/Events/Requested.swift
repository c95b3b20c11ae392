/// An ask that was taken in, with everything resolved: from here on nothing depends on a configuration.
package struct Requested: Sendable, Equatable {
  /// An answer that is judged again without asking its model.
  package struct RecordedAnswer: Sendable, Equatable {
    package let model: String
    package let content: Passage
    package let call: String?

    package init(model: String, content: String, call: String? = nil) {
      self.init(model: model, content: Passage(content), call: call)
    }

    init(model: String, content: Passage, call: String?) {
      self.model = model
      self.content = content
      self.call = call
    }
  }

  package var tenant = "default"
  /// The mark of the key that asked, where one did.
  package var key: String?
  package var form = Form.chat
  package var stream = StreamKind.none
  package var priority = Priority.interactive
  package var metadata: JSON?
  /// `model` as asked, `messages`, `tools` (the client's), `tool_choice`, `parameters`.
  package var request: JSON = [:]
  package var entrance = Entrance.plain
  package var policy = Policy.never
  package var mode = Mode.merge
  package var panel: [ModelRef] = []
  package var judge: ModelRef?
  package var answerer: ModelRef
  package var fallbacks: [ModelRef] = []
  package var standIns: [ModelRef] = []
  package var rounds = 0
  package var quorum = 0
  package var graceMilliseconds: Int64 = 0
  package var deadline: Moment
  package var panelDeadline: Moment
  package var judgeDeadline: Moment
  package var memberTimeoutMilliseconds: Int64?
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
  package var providerOrder: [String]?
  package var cacheSeconds: Int?
  package var depth = 0
  /// The most bytes that one answer may take in a record.
  package var answerBytes = 100_000
  package var recordedPanel: [RecordedAnswer]?
  package var replays: String?
  package var bodyHash = ""
  package var reply: [ReplyAddress] = []
  package var origin: Origin
  package var priceList = ""

  package init(answerer: ModelRef, deadline: Moment, panelDeadline: Moment, judgeDeadline: Moment, origin: Origin) {
    self.answerer = answerer
    self.deadline = deadline
    self.panelDeadline = panelDeadline
    self.judgeDeadline = judgeDeadline
    self.origin = origin
  }

  /// Whether the best answer of the panel is the answer, word for word.
  package var returnsWinner: Bool { mode == .bestOf && entrance == .alias }

  package var messages: [JSON] { request["messages"]?.array ?? [] }
  package var clientTools: [JSON] { request["tools"]?.array ?? [] }
  package var toolChoice: JSON? { request["tool_choice"] }
  package var parameters: JSONObject { request["parameters"]?.object ?? JSONObject() }
}
