internal import Deliberation

/// Makes a plain value that follows a JSON schema: for clients that ask a simulated model for an object of their own.
enum SchemaInstance {
  private static let deepest = 12
  private static let mostItems = 16

  static func of(_ schema: JSON) -> JSON { make(schema, schema, depth: 0) }

  private static func make(_ schema: JSON, _ root: JSON, depth: Int) -> JSON {
    guard depth < deepest, schema.object != nil else { return .null }
    if let constant = schema["const"] { return constant }
    if let first = schema["enum"]?[0] { return first }
    if let reference = schema["$ref"]?.string {
      return make(resolved(reference, root), root, depth: depth + 1)
    }
    for key in ["anyOf", "oneOf", "allOf"] {
      if let first = schema[key]?[0] { return make(first, root, depth: depth + 1) }
    }
    switch schema["type"]?.string ?? schema["type"]?[0]?.string {
    case "string": return "simulated"
    case "integer": return .int(schema["minimum"]?.int ?? 1)
    case "number": return schema["minimum"] ?? 1
    case "boolean": return true
    case "array":
      let count = min(max(Int(clamping: schema["minItems"]?.int ?? 1), 0), mostItems)
      return .array((0..<count).map { _ in make(schema["items"] ?? [:], root, depth: depth + 1) })
    case "null": return .null
    default:
      var object = JSONObject()
      for member in schema["properties"]?.object?.members ?? [] {
        object[member.key] = make(member.value, root, depth: depth + 1)
      }
      return .object(object)
    }
  }

  private static func resolved(_ reference: String, _ root: JSON) -> JSON {
    guard reference.hasPrefix("#/") else { return [:] }
    var place = root
    for step in reference.dropFirst(2).split(separator: "/") { place = place[String(step)] ?? [:] }
    return place
  }
}
