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
    call: CallID, modelAsked: String, model: String, provider: String? = nil, execution: String, content: String,
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
    self.content = Passage(content)
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
    // in the order in which they are written; put together at the end, because it is large
    let asked = try fields.text("model_asked")
    let model = try fields.string("model")
    let provider = try fields.text("provider")
    let execution = try passing.text(.course, fields, "execution") ?? ""
    let content = try passing.passage(.content, fields, "content") ?? .empty
    let reasoning = try fields.text("reasoning")
    let toolCalls = try fields.list("tool_calls")
    let annotations = try fields.list("annotations")
    let finishReason = try fields.text("finish_reason") ?? "stop"
    let nativeFinishReason = try fields.text("native_finish_reason")
    let tools = try passing.list(.course, fields, "tools")
    let usage = try fields.object("usage", Usage.init)
    let cost = try fields.number("cost")
    let cached = try fields.flag("cached") ?? false
    let replayed = try fields.flag("replayed") ?? false
    let tries = try passing.list(.course, fields, "tries")
    let started = try fields.moment("started")
    let firstToken = try fields.moment("first_token")
    let finished = try fields.moment("finished")
    let reasoningDetails = try fields.list("reasoning_details")
    self.call = call
    modelAsked = asked ?? model
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

  package var json: JSON {
    var object = JSONObject()
    call.writeHead(into: &object)
    object.append("model_asked", .string(modelAsked))
    object.append("model", .string(model))
    object.append("provider", ifPresent: provider.map { .string($0) })
    object.append("execution", .string(execution))
    object.append("content", .passage(content))
    object.append("reasoning", ifPresent: reasoning.map { .string($0) })
    if !reasoningDetails.isEmpty { object.append("reasoning_details", .array(reasoningDetails)) }
    if !toolCalls.isEmpty { object.append("tool_calls", .array(toolCalls)) }
    if !annotations.isEmpty { object.append("annotations", .array(annotations)) }
    object.append("finish_reason", .string(finishReason))
    object.append("native_finish_reason", ifPresent: nativeFinishReason.map { .string($0) })
    if !tools.isEmpty { object.append("tools", .array(tools)) }
    object.append("usage", ifPresent: usage?.json)
    object.append("cost", ifPresent: cost.map { .double($0) })
    object.append("cached", .bool(cached))
    object.append("replayed", .bool(replayed))
    object.append("tries", .array(tries))
    object.append("started", ifPresent: started.map { .string($0.rfc3339) })
    object.append("first_token", ifPresent: firstToken.map { .string($0.rfc3339) })
    object.append("finished", ifPresent: finished.map { .string($0.rfc3339) })
    return .object(object)
  }
}
