internal import Deliberation

/// An object of the configuration file, and where it stands, so that what is wrong in it can be named by its path.
struct ConfigurationPart {
  let object: JSONObject
  let path: String

  init(_ json: JSON, _ path: String) throws(SettingsError) {
    guard let object = json.object else {
      throw .wrong(path.isEmpty ? "CONCLAVE_CONFIG" : path, "is no object; write {…}")
    }
    self.object = object
    self.path = path
  }

  func path(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// A name that nobody reads is a typing error, and would silently do nothing.
  func knows(_ names: [String]) throws(SettingsError) {
    for key in object.keys where !names.contains(key) {
      throw .wrong(path(key), "is not known; known are \(names.joined(separator: ", "))")
    }
  }

  func part(_ name: String) throws(SettingsError) -> ConfigurationPart? {
    guard let value = object[name] else { return nil }
    return try ConfigurationPart(value, path(name))
  }

  func parts(_ name: String) throws(SettingsError) -> [ConfigurationPart] {
    guard let value = object[name] else { return [] }
    guard let array = value.array else { throw .wrong(path(name), "is no list; write […]") }
    var parts: [ConfigurationPart] = []
    for (index, element) in array.enumerated() {
      parts.append(try ConfigurationPart(element, "\(path(name))[\(index)]"))
    }
    return parts
  }

  func text(_ name: String) throws(SettingsError) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw .wrong(path(name), "is no text; write \"…\"") }
    return text
  }

  func texts(_ name: String) throws(SettingsError) -> [String]? {
    guard let value = object[name] else { return nil }
    guard let texts = value.array?.map(\.string), !texts.contains(nil) else {
      throw .wrong(path(name), "is no list of texts; write [\"…\"]")
    }
    return texts.compactMap { $0 }
  }

  func whole(_ name: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
    guard let value = object[name] else { return nil }
    guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
      throw .wrong(path(name), "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(SettingsError) -> Double? {
    guard let value = object[name] else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw .wrong(path(name), "must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
