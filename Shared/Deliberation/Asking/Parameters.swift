/// Reads the members of a request; an error names the place.
struct Parameters {
  let object: JSONObject
  let path: String

  init(_ object: JSONObject, path: String = "") {
    self.object = object
    self.path = path
  }

  init(_ value: JSON, path: String) throws(AskError) {
    guard let object = value.object else { throw AskError("\(path) must be an object", path: path) }
    self.init(object, path: path)
  }

  func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Null counts as absent.
  subscript(key: String) -> JSON? {
    let value = object[key]
    if case .null? = value { return nil }
    return value
  }

  func wrong(_ key: String, _ words: String) -> AskError { AskError("\(place(key)) \(words)", path: place(key)) }

  func text(_ key: String) throws(AskError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw wrong(key, "must be a string") }
    return text
  }

  func flag(_ key: String) throws(AskError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.bool else { throw wrong(key, "must be true or false") }
    return flag
  }

  func whole(_ key: String, _ range: ClosedRange<Int64>) throws(AskError) -> Int64? {
    guard let value = self[key] else { return nil }
    guard let number = value.int else { throw wrong(key, "must be a whole number") }
    guard range.contains(number) else {
      throw wrong(key, "must be between \(range.lowerBound) and \(range.upperBound); it is \(number)")
    }
    return number
  }

  func number(_ key: String, _ range: ClosedRange<Double>? = nil) throws(AskError) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.number else { throw wrong(key, "must be a number") }
    if let range, !range.contains(number) {
      let bounds = [range.lowerBound, range.upperBound].map { Int64(exactly: $0).map(String.init) ?? "\($0)" }
      throw wrong(key, "must be between \(bounds[0]) and \(bounds[1]); it is \(value.text)")
    }
    return number
  }

  func list(_ key: String) throws(AskError) -> [JSON]? {
    guard let value = self[key] else { return nil }
    guard let list = value.array else { throw wrong(key, "must be a list") }
    return list
  }

  func texts(_ key: String, _ count: ClosedRange<Int>) throws(AskError) -> [String]? {
    guard let list = try list(key) else { return nil }
    guard count.contains(list.count) else {
      throw wrong(key, "must name \(count.lowerBound) to \(count.upperBound); it names \(list.count)")
    }
    var texts: [String] = []
    for (index, value) in list.enumerated() {
      guard let text = value.string else { throw wrong("\(key)[\(index)]", "must be a string") }
      texts.append(text)
    }
    return texts
  }

  func choice<Choice: RawRepresentable<String>>(_ key: String, of all: [String], as type: Choice.Type)
    throws(AskError) -> Choice?
  {
    guard let text = try text(key) else { return nil }
    guard all.contains(text), let choice = Choice(rawValue: text) else {
      throw wrong(key, "must be one of \(all.joined(separator: ", ")); it is \"\(text.prefix(80))\"")
    }
    return choice
  }

  /// A typing error must not silently do something else than was meant.
  func allow(only known: Set<String>) throws(AskError) {
    for key in object.keys where !known.contains(key) {
      throw wrong(
        String(key.prefix(80)), "is unknown; known here are \(known.sorted().joined(separator: ", "))")
    }
  }
}
