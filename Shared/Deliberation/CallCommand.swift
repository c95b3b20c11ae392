/// The order to make one model call: the value of `conclave.call.v1`.
package struct CallCommand: Sendable, Equatable {
  package struct Cache: Sendable, Equatable {
    package let key: String
    package let seconds: Int

    package init(key: String, seconds: Int) {
      self.key = key
      self.seconds = seconds
    }
  }

  package static let type = "conclave.call.v1"

  package var call: CallID
  /// In order: the first that works answers.
  package var models: [String]
  package var modelAsked: String
  package var tenant: String
  package var messages: [JSON]
  package var tools: [JSON]
  /// Goes into the provider's request as it is.
  package var parameters: JSONObject
  package var responseFormat: JSON?
  package var deadline: Moment
  package var maxCost: Double?
  package var maxToolCalls: Int
  package var toolStopCost: Double?
  package var depth: Int
  /// Where deltas go; nil: nobody watches.
  package var stream: ReplyAddress?
  package var allowedProviders: [String]?
  /// Providers that are tried before others that serve the same model.
  package var providerOrder: [String]?
  package var cache: Cache?
  /// The most that the content may take in a record, escaped; a longer answer has failed.
  package var answerBytes: Int?

  package init(
    call: CallID, models: [String], modelAsked: String, tenant: String, messages: [JSON], tools: [JSON] = [],
    parameters: JSONObject = [:], responseFormat: JSON? = nil, deadline: Moment, maxCost: Double? = nil,
    maxToolCalls: Int = 4, toolStopCost: Double? = nil, depth: Int = 0, stream: ReplyAddress? = nil,
    allowedProviders: [String]? = nil, cache: Cache? = nil, answerBytes: Int? = nil
  ) {
    self.call = call
    self.models = models
    self.modelAsked = modelAsked
    self.tenant = tenant
    self.messages = messages
    self.tools = tools
    self.parameters = parameters
    self.responseFormat = responseFormat
    self.deadline = deadline
    self.maxCost = maxCost
    self.maxToolCalls = maxToolCalls
    self.toolStopCost = toolStopCost
    self.depth = depth
    self.stream = stream
    self.allowedProviders = allowedProviders
    self.cache = cache
    self.answerBytes = answerBytes
  }

  package init(_ value: JSON) throws(EventError) { try self.init(Fields(value)) }

  package init(_ bytes: [UInt8]) throws(EventError) { try self.init(Fields(bytes)) }

  private init(_ fields: Fields) throws(EventError) {
    call = try fields.call("call")
    if let deliberation = try fields.text("deliberation"), deliberation != call.deliberation {
      throw EventError("deliberation is not the one that the call names")
    }
    models = try fields.texts("models")
    guard !models.isEmpty else { throw EventError("models is empty") }
    modelAsked = try fields.text("model_asked") ?? models[0]
    tenant = try fields.text("tenant") ?? "default"
    messages = try fields.list("messages")
    tools = try fields.list("tools")
    parameters = fields["parameters"]?.object ?? JSONObject()
    responseFormat = fields["response_format"]
    deadline = try fields.time("deadline")
    maxCost = try fields.number("max_cost")
    maxToolCalls = try fields.whole("max_tool_calls") ?? 4
    toolStopCost = try fields.number("tool_stop_cost")
    depth = try fields.whole("depth") ?? 0
    // where nobody watches, a word says so
    stream = fields.isObject("stream") ? try fields.object("stream", ReplyAddress.init) : nil
    allowedProviders = fields.has("allowed_providers") ? try fields.texts("allowed_providers") : nil
    providerOrder = fields.has("provider_order") ? try fields.texts("provider_order") : nil
    cache = try fields.object("cache") { entry throws(EventError) in
      Cache(key: try entry.string("key"), seconds: try entry.int("ttl_seconds"))
    }
    answerBytes = try fields.whole("answer_bytes")
  }

  package var json: JSON { .object(members) }

  private var members: JSONObject {
    var object = JSONObject(capacity: 24)
    object.append("deliberation", .string(call.deliberation))
    call.writeHead(into: &object)
    object.append("models", .array(models.map { .string($0) }))
    object.append("model_asked", .string(modelAsked))
    object.append("tenant", .string(tenant))
    object.append("messages", .array(messages))
    object.append("tools", .array(tools))
    object.append("parameters", .object(parameters))
    object.append("response_format", ifPresent: responseFormat)
    object.append("deadline", .string(deadline.rfc3339))
    object.append("max_cost", ifPresent: maxCost.map { .double($0) })
    object.append("max_tool_calls", .int(Int64(maxToolCalls)))
    object.append("tool_stop_cost", ifPresent: toolStopCost.map { .double($0) })
    object.append("depth", .int(Int64(depth)))
    object.append("stream", stream?.json ?? "none")
    object.append("allowed_providers", ifPresent: allowedProviders.map { .array($0.map { .string($0) }) })
    object.append("provider_order", ifPresent: providerOrder.map { .array($0.map { .string($0) }) })
    object.append(
      "cache", ifPresent: cache.map { ["key": .string($0.key), "ttl_seconds": .int(Int64($0.seconds))] })
    object.append("answer_bytes", ifPresent: answerBytes.map { .int(Int64($0)) })
    return object
  }

  /// The value as it goes out around messages that were written before, because they are long: several members get the
  /// same, and their hash stands in an event.
  func written(around messages: [UInt8]) -> [UInt8] {
    var rest = self
    rest.messages = []
    return rest.members.bytes(with: messages, as: "messages")
  }
}
