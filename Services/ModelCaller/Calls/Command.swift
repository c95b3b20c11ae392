package import Deliberation
package import Tools

/// A command to make one model call, as it was read from `calls.<lane>`. Its head is parsed; the conversation stays as
/// the bytes of the record until a request is built from it, because thousands of them wait at once. An object, because it
/// never changes and goes through many hands.
package final class Command: Sendable, Equatable {
  package let call: CallID
  /// The `ce_id` of the command, the cause of whatever comes of it.
  package let id: String
  package let models: [String]
  package let modelAsked: String
  package let deadline: Moment
  package let maxCost: Double?
  package let depth: Int
  package let stream: ReplyAddress?
  package let allowedProviders: [String]?
  package let providerOrder: [String]?
  /// The most bytes that the answer may take once it is escaped; nil: worked out from the record's limit.
  package let answerBytes: Int?
  /// Under which key its answer may be one that was given before, and how old that may be.
  package let cache: CallCommand.Cache?
  /// The model is offered fusion: then its tool calls are not shown while they come.
  package let offersFusion: Bool
  /// The tools that are run here for the model.
  package let grants: [ToolGrant]
  /// The functions that are somebody else's to run.
  package let functions: Set<String>
  package let maxToolCalls: Int
  package let toolStopCost: Double?
  package let traceparent: String?
  package let correlation: String?
  /// The value of the record.
  package let value: [UInt8]
  /// What the model is charged for of it, in bytes of text: an image counts as what one usually costs, however many bytes
  /// it takes to write down.
  package let promptBytes: Int

  private static let imageBytes = 6_000

  /// A command that names more models than this was not written by us.
  private static let modelLimit = 16

  package init(
    id: String, value: [UInt8], traceparent: String? = nil, correlation: String? = nil
  ) throws(CommandError) {
    let command: CallCommand
    do throws(EventError) { command = try CallCommand(value) } catch { throw .unreadable("\(error)") }
    guard command.models.count <= Self.modelLimit else {
      throw .wrong("models", "a list of 1 to \(Self.modelLimit) names")
    }
    guard !command.messages.isEmpty else { throw .wrong("messages", "a list of messages") }
    call = command.call
    self.id = id
    models = command.models
    modelAsked = command.modelAsked
    deadline = command.deadline
    maxCost = command.maxCost.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    depth = command.depth
    stream = command.stream
    allowedProviders = command.allowedProviders
    providerOrder = command.providerOrder
    answerBytes = command.answerBytes
    cache = command.cache.flatMap { $0.seconds > 0 && !$0.key.isEmpty && $0.key.utf8.count <= 256 ? $0 : nil }
    offersFusion = command.tools.contains { $0["function"]?["name"]?.string?.hasPrefix("fusion") ?? false }
    var grants: [ToolGrant] = []
    for grant in command.tools.compactMap(ToolGrant.init) where !grants.contains(where: { $0.tool == grant.tool }) {
      grants.append(grant)
    }
    self.grants = grants
    functions = grants.isEmpty ? [] : Set(command.tools.compactMap { $0["function"]?["name"]?.string })
    maxToolCalls = max(0, command.maxToolCalls)
    toolStopCost = command.toolStopCost
    self.traceparent = traceparent
    self.correlation = correlation
    self.value = value
    promptBytes = command.messages.reduce(value.count) { $0 + Self.change(byImagesOf: $1) }
  }

  /// All else is read from these.
  package static func == (left: Command, right: Command) -> Bool {
    left === right
      || left.id == right.id && left.value == right.value && left.traceparent == right.traceparent
        && left.correlation == right.correlation
  }

  private static func change(byImagesOf message: JSON) -> Int {
    (message["content"]?.array ?? []).reduce(0) { sum, part in
      guard part["type"]?.string == "image_url", let url = part["image_url"]?["url"]?.string else { return sum }
      return sum + imageBytes - url.utf8.count
    }
  }
}
