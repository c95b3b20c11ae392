/// A call gave no answer that can be used.
package struct CallFailed: Sendable, Equatable {
  package var call: CallID
  package var execution: String
  package var reason: FailureReason
  package var status: Int?
  package var message: String
  package var modelAsked: String?
  package var model: String?
  package var provider: String?
  /// What came before it failed.
  package var content: String?
  package var usage: Usage?
  package var cost: Double?
  /// The trace of the tools that were used.
  package var tools: [JSON]
  package var tries: [JSON]
  package var started: Moment?
  package var finished: Moment?

  package init(
    call: CallID, execution: String, reason: FailureReason, status: Int? = nil, message: String,
    modelAsked: String? = nil, model: String? = nil, provider: String? = nil, content: String? = nil,
    usage: Usage? = nil, cost: Double? = nil, tries: [JSON] = [], started: Moment? = nil, finished: Moment? = nil,
    tools: [JSON] = []
  ) {
    self.call = call
    self.execution = execution
    self.reason = reason
    self.status = status
    self.message = message
    self.modelAsked = modelAsked
    self.model = model
    self.provider = provider
    self.content = content
    self.usage = usage
    self.cost = cost
    self.tools = tools
    self.tries = tries
    self.started = started
    self.finished = finished
  }

  init(_ fields: Fields, _ passing: Passing) throws(EventError) {
    call = try fields.call("call")
    execution = try passing.text(.course, fields, "execution") ?? ""
    reason = FailureReason(rawValue: try fields.string("reason")) ?? .upstreamError
    status = try fields.whole("status")
    message = try fields.text("message") ?? ""
    modelAsked = try fields.text("model_asked")
    model = try fields.text("model")
    provider = try fields.text("provider")
    content = try passing.text(.content, fields, "content")
    usage = try fields.object("usage", Usage.init)
    cost = try fields.number("cost")
    tools = try passing.list(.course, fields, "tools")
    tries = try passing.list(.course, fields, "tries")
    started = try fields.moment("started")
    finished = try fields.moment("finished")
  }

  package var json: JSON {
    var object = JSONObject()
    call.writeHead(into: &object)
    object.append("model_asked", ifPresent: modelAsked.map { .string($0) })
    object.append("model", ifPresent: model.map { .string($0) })
    object.append("provider", ifPresent: provider.map { .string($0) })
    object.append("execution", .string(execution))
    object.append("reason", .string(reason.rawValue))
    object.append("status", ifPresent: status.map { .int(Int64($0)) })
    object.append("message", .string(message))
    object.append("content", ifPresent: content.map { .string($0) })
    object.append("usage", ifPresent: usage?.json)
    object.append("cost", ifPresent: cost.map { .double($0) })
    if !tools.isEmpty { object.append("tools", .array(tools)) }
    object.append("tries", .array(tries))
    object.append("started", ifPresent: started.map { .string($0.rfc3339) })
    object.append("finished", ifPresent: finished.map { .string($0.rfc3339) })
    return .object(object)
  }
}
