import Deliberation

/// Holds a value against the part of JSON Schema that `deploy/asyncapi.yaml` uses. A member that an object's schema does
/// not describe is a fault as well: the document is to say everything that we write.
struct Schema {
  struct Fault: CustomStringConvertible, Equatable {
    let path: String
    let what: String

    var description: String { "\(path.isEmpty ? "the value" : path) \(what)" }
  }

  /// Where `$ref` leads to.
  let document: JSON
  let root: JSON

  func faults(_ value: JSON) -> [Fault] { faults(value, root, "") }

  private func faults(_ value: JSON, _ schema: JSON, _ path: String) -> [Fault] {
    if let reference = schema["$ref"]?.string {
      guard let target = resolve(reference) else {
        return [Fault(path: path, what: "is described by nothing: \(reference)")]
      }
      return faults(value, target, path)
    }
    if let all = schema["allOf"]?.array { return all.flatMap { faults(value, $0, path) } }
    if let any = schema["oneOf"]?.array {
      let fits = any.filter { faults(value, $0, path).isEmpty }.count
      return fits == 1 ? [] : [Fault(path: path, what: "fits \(fits) of \(any.count) choices")]
    }
    if let constant = schema["const"] {
      return value == constant ? [] : [Fault(path: path, what: "is \(value.text.prefix(60)), not \(constant.text)")]
    }
    if let type = schema["type"]?.string, !has(value, type) {
      return [Fault(path: path, what: "is \(value.text.prefix(60)), no \(type)")]
    }
    if let choices = schema["enum"]?.array, !choices.contains(value) {
      return [Fault(path: path, what: "is \(value.text.prefix(60)), none of \(JSON.array(choices).text)")]
    }
    switch value {
    case .string, .passage: return textFaults(value.string ?? "", schema, path)
    case .int, .double: return numberFaults(value.number ?? 0, schema, path)
    case .array(let elements):
      guard let items = schema["items"] else { return [] }
      return elements.enumerated().flatMap { faults($1, items, "\(path)[\($0)]") }
    case .object(let object): return objectFaults(object, schema, path)
    case .null, .bool: return []
    case .written: return faults(value.built, schema, path)
    }
  }

  private func textFaults(_ text: String, _ schema: JSON, _ path: String) -> [Fault] {
    guard let pattern = schema["pattern"]?.string else { return [] }
    guard let regex = try? Regex(pattern) else {
      return [Fault(path: path, what: "has a pattern that is none: \(pattern)")]
    }
    return text.contains(regex)
      ? [] : [Fault(path: path, what: "is \"\(text.prefix(100))\", which does not match \(pattern)")]
  }

  private func numberFaults(_ number: Double, _ schema: JSON, _ path: String) -> [Fault] {
    guard let minimum = schema["minimum"]?.number, number < minimum else { return [] }
    return [Fault(path: path, what: "is \(number), less than \(minimum)")]
  }

  private func objectFaults(_ object: JSONObject, _ schema: JSON, _ path: String) -> [Fault] {
    var faults: [Fault] = []
    for name in schema["required"]?.array ?? [] {
      if let name = name.string, object[name] == nil { faults.append(Fault(path: path, what: "has no \(name)")) }
    }
    guard let properties = schema["properties"]?.object else { return faults }
    let isOpen = schema["additionalProperties"]?.bool ?? false
    for member in object.members {
      let place = path.isEmpty ? member.key : "\(path).\(member.key)"
      if let schema = properties[member.key] {
        faults += self.faults(member.value, schema, place)
      } else if !isOpen {
        faults.append(Fault(path: place, what: "is not described"))
      }
    }
    return faults
  }

  private func has(_ value: JSON, _ type: String) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null): true
    case ("integer", _): value.int != nil
    case ("number", .int), ("number", .double): true
    default: false
    }
  }

  private func resolve(_ reference: String) -> JSON? {
    guard reference.hasPrefix("#/") else { return nil }
    return reference.dropFirst(2).split(separator: "/").reduce(Optional(document)) { place, name in
      place?[String(name).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
  }
}
