internal import Deliberation

/// What is exported, as a table: fixed columns, one type each, nothing nested.
struct FlatTable: Sendable {
  enum Kind: Sendable { case text, whole, number, flag, json }

  struct Column: Sendable {
    let name: String
    let kind: Kind
    /// Where it stands in the object.
    let path: [String]

    init(_ name: String, _ kind: Kind, _ path: [String]? = nil) {
      self.name = name
      self.kind = kind
      self.path = path ?? [name]
    }
  }

  let name: String
  let path: String
  /// The page's member that holds the rows.
  let list: String
  let columns: [Column]

  static func named(_ name: String) -> FlatTable? { [deliberations, calls, events].first { $0.name == name } }

  static let deliberations = FlatTable(
    name: "deliberations", path: "/v1/deliberations", list: "deliberations",
    columns: [
      Column("id", .text), Column("status", .text), Column("tenant", .text), Column("form", .text),
      Column("mode", .text),
      Column("policy", .text), Column("model", .text), Column("panel", .json), Column("judge", .text),
      Column("answerer", .text), Column("asked", .text), Column("deadline", .text), Column("question", .text),
      Column("replays", .text), Column("decision", .text), Column("sealed", .text), Column("round", .whole),
      Column("ended", .text), Column("result_status", .text), Column("failure_reason", .text), Column("code", .whole),
      Column("answer_call", .text), Column("answer_model", .text), Column("winner", .whole), Column("cost", .number),
      Column("cost_final", .flag), Column("cost_repeated", .number), Column("calls", .whole),
      Column("prompt_tokens", .whole, ["usage", "prompt_tokens"]),
      Column("completion_tokens", .whole, ["usage", "completion_tokens"]), Column("duration_ms", .whole),
      Column("digest", .text), Column("digest_events", .whole), Column("forgotten_by", .text, ["forgotten", "by"]),
      Column("trace", .text), Column("key", .text),
    ])

  static let calls = FlatTable(
    name: "calls", path: "/v1/calls", list: "calls",
    columns: [
      Column("deliberation", .text), Column("call", .text), Column("purpose", .text), Column("tenant", .text),
      Column("asked", .text), Column("model_asked", .text), Column("model", .text), Column("provider", .text),
      Column("lane", .text), Column("state", .text), Column("reason", .text), Column("status", .whole),
      Column("execution", .text), Column("cost", .number), Column("prompt_tokens", .whole),
      Column("completion_tokens", .whole), Column("named", .text), Column("started", .text),
      Column("first_token", .text), Column("finished", .text), Column("tries", .whole), Column("cached", .flag),
    ])

  static let events = FlatTable(
    name: "events", path: "/v1/records", list: "events",
    columns: [
      Column("seq", .whole), Column("log", .whole), Column("topic", .text), Column("partition", .whole),
      Column("offset", .whole), Column("at", .text), Column("deliberation", .text), Column("id", .text),
      Column("type", .text), Column("source", .text), Column("instance", .text), Column("time", .text),
      Column("traceparent", .text), Column("hash", .text), Column("standing", .text), Column("why", .text),
      Column("erased", .flag), Column("data", .json),
    ])

  /// Every column is there, null where there is nothing: readers infer one schema from any part of the file.
  func flat(_ row: JSON) -> JSON {
    var object = JSONObject()
    for column in columns { object.append(column.name, Self.value(column, row)) }
    return .object(object)
  }

  var head: String { columns.map(\.name).joined(separator: ",") }

  func csv(_ row: JSON) -> String {
    columns.map { column in
      switch Self.value(column, row) {
      case .null: ""
      case .string(let text): Self.quoted(text)
      case let other: other.text
      }
    }.joined(separator: ",")
  }

  private static func value(_ column: Column, _ row: JSON) -> JSON {
    var found: JSON? = row
    for key in column.path { found = found?[key] }
    guard let found, found != .null else { return column.kind == .flag ? false : .null }
    switch column.kind {
    case .text: return .string(found.string ?? found.text)
    case .whole: return found.int.map { .int($0) } ?? .null
    // a cost of exactly 0 or 1 is a number with a fraction like every other, so that no reader takes it for a whole one
    case .number: return found.number.map { .double($0) } ?? .null
    case .flag: return .bool(found.bool ?? false)
    case .json: return .string(found.text)
    }
  }

  /// RFC 4180.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
