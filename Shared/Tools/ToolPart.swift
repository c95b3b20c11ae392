internal import Deliberation

/// An object of the configuration's `tools`, and where it stands.
struct ToolPart {
  private let object: JSONObject
  private let path: String

  init(_ json: JSON, _ path: String) throws(ToolSettingsError) {
    guard let object = json.object else { throw .wrong(path, "is no object; write {…}") }
    self.object = object
    self.path = path
  }

  func path(_ name: String) -> String { "\(path).\(name)" }

  func knows(_ names: [String]) throws(ToolSettingsError) {
    for key in object.keys where !names.contains(key) {
      throw .wrong(path(key), "is not known; known are \(names.joined(separator: ", "))")
    }
  }

  func part(_ name: String) throws(ToolSettingsError) -> ToolPart? {
    guard let value = object[name] else { return nil }
    return try ToolPart(value, path(name))
  }

  func flag(_ name: String) throws(ToolSettingsError) -> Bool? {
    guard let value = object[name] else { return nil }
    guard let flag = value.bool else { throw .wrong(path(name), "must be true or false") }
    return flag
  }

  func text(_ name: String) throws(ToolSettingsError) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw .wrong(path(name), "is no text; write \"…\"") }
    return text
  }

  func texts(_ name: String) throws(ToolSettingsError) -> [String] {
    guard let value = object[name] else { return [] }
    let texts = (value.array ?? []).compactMap(\.string)
    guard let array = value.array, array.count == texts.count else {
      throw .wrong(path(name), "must be a list of texts")
    }
    return texts
  }

  func domains(_ name: String) throws(ToolSettingsError) -> [String] {
    let domains = try texts(name)
    // a host is compared as it is asked for, which is in ASCII
    guard domains.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
      throw .wrong(path(name), "must hold names in ASCII; write xn--… for others")
    }
    return domains
  }

  /// Without slashes at its end.
  func address(_ name: String) throws(ToolSettingsError) -> String? {
    guard var url = try text(name) else { return nil }
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains("@"),
      !url.contains(where: \.isWhitespace)
    else { throw .wrong(path(name), "must begin with http:// or https://, without spaces and without a user name") }
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }

  func whole(_ name: String, in range: ClosedRange<Int>) throws(ToolSettingsError) -> Int? {
    guard let value = object[name] else { return nil }
    guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
      throw .wrong(path(name), "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func wholes(_ name: String, in range: ClosedRange<Int>) throws(ToolSettingsError) -> [Int]? {
    guard let value = object[name] else { return nil }
    let numbers = (value.array ?? []).compactMap { $0.int.flatMap { Int(exactly: $0) } }.filter(range.contains)
    guard let array = value.array, !array.isEmpty, array.count == numbers.count else {
      throw .wrong(path(name), "must be a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return numbers
  }

  func milliseconds(_ name: String, in range: ClosedRange<Int>) throws(ToolSettingsError) -> Duration? {
    try whole(name, in: range).map { .milliseconds($0) }
  }
}
