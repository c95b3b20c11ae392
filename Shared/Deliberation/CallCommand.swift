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

  package var json: JSON { .written(written().value) }

  /// The value as it goes out, and where its messages stand in it.
  func written() -> (value: [UInt8], messages: Range<Int>) {
    var writer = JSONWriter(capacity: messages.reduce(2_048) { $0 + $1.size })
    var place = 0..<0
    writer.object { writer in
      write(into: &writer) { writer in
        let start = writer.bytes.count
        writer.write(.array(messages))
        place = start..<writer.bytes.count
      }
    }
    return (writer.bytes, place)
  }

  /// The value as it goes out around messages that were written before, because they are long: several members get the
  /// same, and their hash stands in an event.
  func written(around messages: [UInt8]) -> [UInt8] {
    JSONWriter.written(capacity: messages.count + 2_048) { writer in
      writer.object { writer in write(into: &writer) { $0.write(written: messages) } }
    }
  }

  private func write(into writer: inout JSONWriter, messages: (inout JSONWriter) -> Void) {
    writer.member("deliberation", text: call.deliberation)
    writer.head(call)
    writer.member("models", each: models) { $0.write(text: $1) }
    writer.member("model_asked", text: modelAsked)
    writer.member("tenant", text: tenant)
    writer.name("messages")
    messages(&writer)
    writer.member("tools", .array(tools))
    writer.member("parameters", .object(parameters))
    if let responseFormat { writer.member("response_format", responseFormat) }
    writer.member("deadline", text: deadline.rfc3339)
    if let maxCost { writer.member("max_cost", .double(maxCost)) }
    writer.member("max_tool_calls", maxToolCalls)
    if let toolStopCost { writer.member("tool_stop_cost", .double(toolStopCost)) }
    writer.member("depth", depth)
    writer.member("stream", stream?.json ?? "none")
    if let allowedProviders { writer.member("allowed_providers", each: allowedProviders) { $0.write(text: $1) } }
    if let providerOrder { writer.member("provider_order", each: providerOrder) { $0.write(text: $1) } }
    if let cache { writer.member("cache", ["key": .string(cache.key), "ttl_seconds": .int(Int64(cache.seconds))]) }
    if let answerBytes { writer.member("answer_bytes", answerBytes) }
  }
}
