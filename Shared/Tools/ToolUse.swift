package import Deliberation
package import Models

/// One use of a tool: what the model is told, and what stands in the call's event.
package struct ToolUse: Sendable, Equatable {
  package enum Outcome: String, Sendable {
    case ok
    /// It may not be done: an address inside, a domain that is excluded, a tool that was not offered.
    case refused
    /// It was tried and did not work.
    case failed
    case timeout
    /// A bound was reached: uses, output, memory, processes.
    case limit
  }

  package let call: ToolCall
  package let tool: ServerTool?
  package let outcome: Outcome
  /// For the model: JSON as text.
  package let content: String
  package let sources: [ToolSource]
  package let cost: Double
  package let trace: JSON

  /// A trace keeps so much of the arguments and of an address; and so many sources.
  static let argumentBytes = 1_000
  static let addressBytes = 500
  static let sourceLimit = 10

  package init(_ call: ToolCall, _ tool: ServerTool?, turn: Int, milliseconds: Int64, _ result: ToolResult) {
    self.call = call
    self.tool = tool
    outcome = result.outcome
    content = result.content.text
    sources = result.sources
    cost = result.cost
    var trace = JSONObject()
    trace.append("name", .string(String(decoding: call.name.utf8.prefix(100), as: UTF8.self)))
    trace.append("turn", .int(Int64(turn)))
    trace.append("arguments", .string(String(decoding: call.arguments.utf8.prefix(Self.argumentBytes), as: UTF8.self)))
    trace.append("outcome", .string(outcome.rawValue))
    trace.append("error", ifPresent: result.error.map { .string(String($0.prefix(300))) })
    trace.append("ms", .int(milliseconds))
    trace.append("result_bytes", .int(Int64(content.utf8.count)))
    trace.append("received_bytes", ifPresent: result.receivedBytes.map { .int(Int64($0)) })
    trace.append("sha256", ifPresent: result.digest.map(JSON.string))
    if cost > 0 { trace.append("cost", .double(cost)) }
    if !sources.isEmpty {
      trace.append(
        "sources",
        .array(
          sources.prefix(Self.sourceLimit).map {
            [
              "url": .string(String(decoding: $0.url.utf8.prefix(Self.addressBytes), as: UTF8.self)),
              "title": .string(String($0.title.prefix(200))),
            ]
          }))
    }
    self.trace = .object(trace)
  }

  /// What goes back to the model.
  package var message: JSON {
    ["role": "tool", "tool_call_id": .string(call.id), "content": .string(content)]
  }
}
