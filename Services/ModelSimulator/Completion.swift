/// What a simulated model says to one request, before it is put into a shape.
struct Completion: Equatable, Sendable {
  struct Usage: Equatable, Sendable {
    var prompt: Int
    var completion: Int
    var cached: Int?
    var reasoning: Int?
    var cost: Double?
  }

  var content: String
  var reasoning: String?
  var refusal: String?
  var toolCalls: [ToolCall] = []
  /// Nil: the provider never says why it stopped.
  var finish: String?
  var usage: Usage?
  let id: String
  let model: String
  /// Seconds since 1970.
  let created: Int

  /// A provider's tokens, four bytes each.
  static func tokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }
}
