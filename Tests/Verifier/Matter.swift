internal import Deliberation

/// What a record says, as far as a rule asks.
enum Matter: Sendable, Equatable {
  case none
  case unreadable(String)
  case outcome(Outcome)
  case end(End)
  case result(Answer)
  /// The calls that an event names or a command asks for.
  case calls([String])

  /// A call's outcome: which performance of it, and what it adds to the totals.
  struct Outcome: Sendable, Equatable {
    var call: String
    var execution: String
    var contentHash: String
    var tokens: Int64
    var cost: Double
  }

  struct End: Sendable, Equatable {
    var answerCall: String?
    var statusCode: Int64?
    var tokens: Int64
    var cost: Double
    var digest: String
    var digestEvents: Int64
  }

  /// A result as it stands on `results`.
  struct Answer: Sendable, Equatable {
    var code: Int64
    var bodyHash: String
    /// The deliberation that the body names; an error's body may name none.
    var bodyID: String?
    var contentHash: String?
    var tokens: Int64?
    var cost: Double?
  }
}

extension Matter {
  init(name: String, _ json: JSON) {
    switch name {
    case "call.completed", "call.failed":
      self = .outcome(
        Outcome(
          call: json["call"]?.string ?? "", execution: json["execution"]?.string ?? "",
          contentHash: SHA256.hex(json["content"]?.string ?? ""), tokens: json["usage"]?["total_tokens"]?.int ?? 0,
          cost: json["cost"]?.number ?? 0))
    case "deliberation.completed", "deliberation.failed", "deliberation.cancelled":
      self = .end(
        End(
          answerCall: json["answer_call"]?.string, statusCode: json["status_code"]?.int,
          tokens: json["usage"]?["total_tokens"]?.int ?? 0, cost: json["cost"]?.number ?? 0,
          digest: json["digest"]?.string ?? "", digestEvents: json["digest_events"]?.int ?? -1))
    case "result":
      let body = json["body"] ?? .null
      self = .result(
        Answer(
          code: json["code"]?.int ?? 0, bodyHash: SHA256.hex(body.bytes), bodyID: body["id"]?.string,
          contentHash: (body["choices"]?[0]?["message"]?["content"]?.string).map { SHA256.hex($0) },
          tokens: body["usage"]?["total_tokens"]?.int, cost: body["usage"]?["cost"]?.number))
    case "panel.dispatched":
      self = .calls((json["members"]?.array ?? []).compactMap { $0["call"]?.string })
    case "member.replaced", "call.requested", "call":
      self = .calls([json["call"]?.string].compactMap { $0 })
    default:
      self = .none
    }
  }
}
