/// A model answered.
package struct CallCompleted: Sendable, Equatable {
  package var call: CallID
  package var modelAsked: String
  package var model: String
  package var provider: String?
  package var execution: String
  package var content: Passage
  package var reasoning: String?
  package var toolCalls: [JSON]
  package var annotations: [JSON]
  package var finishReason: String
  package var nativeFinishReason: String?
  package var tools: [JSON]
  package var usage: Usage?
  package var cost: Double?
  package var cached: Bool
  package var replayed: Bool
  package var tries: [JSON]
  package var started: Moment?
  package var firstToken: Moment?
  package var finished: Moment?
  /// What a provider wants back in a later turn.
  package var reasoningDetails: [JSON]

  package init(
    call: CallID, modelAsked: String, model: String, provider: String? = nil, execution: String, content: Passage,
    reasoning: String? = nil, toolCalls: [JSON] = [], annotations: [JSON] = [], finishReason: String = "stop",
    nativeFinishReason: String? = nil, tools: [JSON] = [], usage: Usage? = nil, cost: Double? = nil,
    cached: Bool = false, replayed: Bool = false, tries: [JSON] = [], started: Moment? = nil,
    firstToken: Moment? = nil, finished: Moment? = nil, reasoningDetails: [JSON] = []
  ) {
    self.call = call
    self.modelAsked = modelAsked
    self.model = model
    self.provider = provider
    self.execution = execution
    self.content = content
    self.reasoning = reasoning
    self.toolCalls = toolCalls
    self.annotations = annotations
    self.finishReason = finishReason
    self.nativeFinishReason = nativeFinishReason
    self.tools = tools
    self.usage = usage
    self.cost = cost
    self.cached = cached
    self.replayed = replayed
    self.tries = tries
    self.started = started
    self.firstToken = firstToken
    self.finished = finished
    self.reasoningDetails = reasoningDetails
  }

  init(_ fields: Fields, _ passing: Passing) throws(EventError) {
    let call = try fields.call("call")
    let asked = try fields.text("model_asked")
    let model = try fields.string("model")
    // in the order in which they are written
    self.init(
      call: call, modelAsked: asked ?? model, model: model, provider: try fields.text("provider"),
      execution: try passing.text(.course, fields, "execution") ?? "",
      content: try passing.passage(.content, fields, "content") ?? .empty, reasoning: try fields.text("reasoning"),
      toolCalls: try fields.list("tool_calls"), annotations: try fields.list("annotations"),
      finishReason: try fields.text("finish_reason") ?? "stop",
      nativeFinishReason: try fields.text("native_finish_reason"), tools: try passing.list(.course, fields, "tools"),
      usage: try fields.object("usage", Usage.init), cost: try fields.number("cost"),
      cached: try fields.flag("cached") ?? false, replayed: try fields.flag("replayed") ?? false,
      tries: try passing.list(.course, fields, "tries"), started: try fields.moment("started"),
      firstToken: try fields.moment("first_token"), finished: try fields.moment("finished"),
      reasoningDetails: try fields.list("reasoning_details"))
  }

  package var json: JSON { .written(bytes) }

  /// Its text, written without a tree in between: each call has one.
  package var bytes: [UInt8] {
    JSONWriter.written(capacity: content.size + 1_024) { writer in writer.object { write(into: &$0) } }
  }

  private func write(into writer: inout JSONWriter) {
    writer.head(call)
    writer.member("model_asked", text: modelAsked)
    writer.member("model", text: model)
    if let provider { writer.member("provider", text: provider) }
    writer.member("execution", text: execution)
    writer.member("content", .passage(content))
    if let reasoning { writer.member("reasoning", text: reasoning) }
    if !reasoningDetails.isEmpty { writer.member("reasoning_details", .array(reasoningDetails)) }
    if !toolCalls.isEmpty { writer.member("tool_calls", .array(toolCalls)) }
    if !annotations.isEmpty { writer.member("annotations", .array(annotations)) }
    writer.member("finish_reason", text: finishReason)
    if let nativeFinishReason { writer.member("native_finish_reason", text: nativeFinishReason) }
    if !tools.isEmpty { writer.member("tools", .array(tools)) }
    if let usage { writer.member("usage", usage.json) }
    if let cost { writer.member("cost", .double(cost)) }
    writer.member("cached", cached)
    writer.member("replayed", replayed)
    writer.member("tries", .array(tries))
    if let started { writer.member("started", text: started.rfc3339) }
    if let firstToken { writer.member("first_token", text: firstToken.rfc3339) }
    if let finished { writer.member("finished", text: finished.rfc3339) }
  }
}
