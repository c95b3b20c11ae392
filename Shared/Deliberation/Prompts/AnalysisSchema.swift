/// The form in which the judge answers.
enum AnalysisSchema {
  static let name = "conclave_analysis"

  static func responseFormat(mode: Mode) -> JSON {
    switch mode {
    case .merge: merge
    case .bestOf: bestOf
    case .debate: debate
    }
  }

  // made once: every judge gets one of them
  private static let merge = format(.merge)
  private static let bestOf = format(.bestOf)
  private static let debate = format(.debate)

  private static func format(_ mode: Mode) -> JSON {
    let format: JSON = [
      "type": "json_schema",
      "json_schema": ["name": .string(name), "strict": true, "schema": schema(mode: mode)],
    ]
    return .written(format.bytes)
  }

  private static func schema(mode: Mode) -> JSON {
    let quotes = list(object([("response", text), ("quote", text)]))
    var members: [(String, JSON)] = [
      ("consensus", list(object([("point", text), ("quotes", quotes)]))),
      (
        "contradictions",
        list(
          object([
            ("topic", text), ("stances", list(object([("response", text), ("stance", text), ("quote", text)]))),
          ]))
      ),
      ("partial_coverage", list(object([("responses", list(text)), ("point", text), ("quotes", quotes)]))),
      ("unique_insights", list(object([("response", text), ("insight", text), ("quote", text)]))),
      ("blind_spots", list(text)),
    ]
    if mode == .bestOf { members.append(("ranking", list(text))) }
    if mode == .debate {
      members.append(("changes", list(object([("response", text), ("from", text), ("to", text)]))))
    }
    return object(members)
  }

  private static let text: JSON = ["type": "string"]

  private static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }

  private static func object(_ members: [(String, JSON)]) -> JSON {
    var properties = JSONObject()
    for (name, schema) in members { properties.append(name, schema) }
    return [
      "type": "object", "properties": .object(properties), "required": .array(members.map { .string($0.0) }),
      "additionalProperties": false,
    ]
  }
}
