package import Deliberation
internal import Models
package import Tools

/// What tools have added to one call: the conversation since the question, what was used, and what is left.
package struct ToolWork: Sendable, Equatable {
  /// Between the text of one turn and the next.
  package static let pause = "\n\n"

  /// The model's turns with calls of tools, and the results.
  package private(set) var messages: [JSON] = []
  /// Of the messages, about.
  package private(set) var bytes = 0
  /// Turns in which tools were used.
  package private(set) var steps = 0
  package private(set) var trace: [JSON] = []
  package private(set) var uses: [ServerTool: Int] = [:]
  package private(set) var sources: [ToolSource] = []
  /// The text of the turns so far.
  package private(set) var said = ""
  /// The next text follows that of an earlier turn.
  package var isBreakDue = false
  /// The next turn is the last, and has no tools.
  package var isLast = false
  private var traceBytes = 0

  /// What the results may take of the conversation, and the traces of the event.
  package static let conversationBytes = 400_000
  private static let traceLimit = 64_000
  private static let sourceLimit = 200
  /// Calls of one turn that are answered. What a model wants beyond them is as if it had not said it: it can ask again.
  package static let callsPerTurn = 16

  package init() {}

  package var room: Int { max(0, Self.conversationBytes - bytes) }

  /// A call as it goes back to the model: providers refuse a conversation with arguments that are no JSON object, or with
  /// a name that could not be offered.
  private static func plain(_ call: ToolCall) -> JSON {
    let isName = { (byte: UInt8) in
      (48...57).contains(byte) || (97...122).contains(byte | 0x20) || "_-".utf8.contains(byte)
    }
    let hasName = (1...64).contains(call.name.utf8.count) && call.name.utf8.allSatisfy(isName)
    let isShort = call.arguments.utf8.count <= Toolbox.argumentBytes
    let isObject = isShort && (try? JSON.parse(call.arguments))?.object != nil
    return ToolCall(
      id: call.id, name: hasName ? call.name : "unknown", arguments: isObject ? call.arguments : "{}"
    ).json
  }

  /// The model's turn, as it goes back to it.
  mutating func add(_ answer: ProviderAnswer, _ calls: [ToolCall]) {
    steps += 1
    var turn = JSONObject()
    turn.append("role", "assistant")
    turn.append("content", answer.content.isEmpty ? .null : .string(answer.content))
    turn.append("tool_calls", .array(calls.map(Self.plain)))
    if !answer.reasoningDetails.isEmpty { turn.append("reasoning_details", .array(answer.reasoningDetails)) }
    messages.append(.object(turn))
    bytes += answer.reasoningDetails.reduce(0) { $0 + $1.bytes.count }
    bytes += answer.content.utf8.count + calls.reduce(0) { $0 + $1.arguments.utf8.count + 100 }
    guard !answer.content.isEmpty else { return }
    if !said.isEmpty { said += Self.pause }
    said += answer.content
    isBreakDue = true
  }

  /// The results; answers what they cost.
  mutating func add(_ uses: [ToolUse]) -> Double {
    for use in uses {
      messages.append(use.message)
      bytes += use.content.utf8.count + 100
      if let tool = use.tool { self.uses[tool, default: 0] += 1 }
      for source in use.sources
      where sources.count < Self.sourceLimit && !sources.contains(where: { $0.url == source.url }) {
        sources.append(source)
      }
      let size = JSON.escapedSize(use.trace.text)
      let fits = traceBytes + size <= Self.traceLimit
      if fits { traceBytes += size }
      trace.append(fits ? use.trace : Self.short(use.trace))
    }
    return uses.reduce(0) { $0 + $1.cost }
  }

  /// A trace without what makes it long.
  package static func short(_ trace: JSON) -> JSON {
    guard var object = trace.object else { return trace }
    object["arguments"] = nil
    object["sources"] = nil
    object["error"] = nil
    return .object(object)
  }

  /// The sources that an answer names, as annotations of it.
  func citations(in answer: String) -> [JSON] {
    sources.filter { answer.contains($0.url) }.map { source in
      ["type": "url_citation", "url_citation": ["url": .string(source.url), "title": .string(source.title)]]
    }
  }
}
