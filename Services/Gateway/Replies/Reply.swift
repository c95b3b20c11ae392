internal import Deliberation

/// What one record of `replies` says to those who wait here.
enum Reply {
  case deltas([Delta])
  case step(Step)
  case result(deliberation: String, code: Int, body: JSON)
  /// One ask under that id was refused; the deliberation goes on.
  case refused(deliberation: String, ask: String, code: Int, body: JSON)
  /// The deliberation had ended before this ask joined it.
  case ended(String)

  /// A piece of the answer of a call.
  struct Delta: Equatable, Sendable {
    let call: CallID
    /// One performing of that call: another one may write another text.
    let execution: String
    /// How many bytes of the call's text came before this piece.
    let offset: Int
    var text = ""
    var reasoning = ""
    var toolCalls: [JSON] = []

    var deliberation: String { call.deliberation }
  }

  /// Something that happened in a deliberation, and what a watcher needs of it.
  struct Step: Equatable, Sendable {
    let deliberation: String
    /// The id of the event that says so: by it a step is shown once.
    let event: String
    /// As `panel.dispatched`.
    let name: String
    let time: String
    let data: JSON
  }

  /// Nil: it cannot be read. Whom it is for has been looked at before.
  init?(type: String, _ json: JSON) {
    switch type {
    case "conclave.reply.deltas.v1":
      guard let list = json["deltas"]?.array else { return nil }
      self = .deltas(list.compactMap(Self.delta))
    case "conclave.reply.progress.v1":
      guard let deliberation = json["deliberation"]?.string, let event = json["event"]?.string,
        let type = json["type"]?.string, type.hasPrefix("conclave."), type.hasSuffix(".v1")
      else { return nil }
      self = .step(
        Step(
          deliberation: deliberation, event: event, name: String(type.dropFirst(9).dropLast(3)),
          time: json["time"]?.string ?? "", data: json["data"] ?? [:]))
    case "conclave.reply.result.v1":
      guard let deliberation = json["deliberation"]?.string, let code = json["code"]?.int,
        (200...599).contains(code), let body = json["body"]
      else { return nil }
      if let ask = json["ask"]?.string {
        self = .refused(deliberation: deliberation, ask: ask, code: Int(code), body: body)
      } else {
        self = .result(deliberation: deliberation, code: Int(code), body: body)
      }
    case "conclave.reply.ended.v1":
      guard let deliberation = json["deliberation"]?.string else { return nil }
      self = .ended(deliberation)
    default: return nil
    }
  }

  private static func delta(_ json: JSON) -> Delta? {
    guard let call = json["call"]?.string.flatMap({ CallID($0) }), let execution = json["execution"]?.string,
      let offset = json["offset"]?.int, offset >= 0
    else { return nil }
    return Delta(
      call: call, execution: execution, offset: Int(offset), text: json["text"]?.string ?? "",
      reasoning: json["reasoning"]?.string ?? "", toolCalls: json["tool_calls"]?.array ?? [])
  }
}
