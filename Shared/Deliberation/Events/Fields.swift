/// Reads the members of a record's value; an error names what is missing or wrong.
struct Fields {
  let object: JSONObject
  /// Behind the member that was read last: writers and readers name them in about the same order.
  private let next = Place()

  private final class Place {
    var index = 0
  }

  init(_ value: JSON) throws(EventError) {
    guard let object = value.object else { throw EventError("the value is no JSON object") }
    self.object = object
  }

  init(_ object: JSONObject) { self.object = object }

  subscript(key: String) -> JSON? {
    guard let index = object.place(of: key, from: next.index) else { return nil }
    next.index = index + 1
    let value = object.members[index].value
    if case .null = value { return nil }
    return value
  }

  func string(_ key: String) throws(EventError) -> String {
    guard let value = try text(key) else { throw EventError("\(key) is missing") }
    return value
  }

  func text(_ key: String) throws(EventError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw EventError("\(key) is no string") }
    return text
  }

  func int(_ key: String) throws(EventError) -> Int {
    guard let value = try whole(key) else { throw EventError("\(key) is missing") }
    return value
  }

  func whole(_ key: String) throws(EventError) -> Int? {
    guard let value = self[key] else { return nil }
    guard let int = value.int, let small = Int(exactly: int) else { throw EventError("\(key) is no whole number") }
    return small
  }

  func number(_ key: String) throws(EventError) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.number else { throw EventError("\(key) is no number") }
    return number
  }

  func flag(_ key: String) throws(EventError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let bool = value.bool else { throw EventError("\(key) is neither true nor false") }
    return bool
  }

  func time(_ key: String) throws(EventError) -> Moment {
    guard let moment = try moment(key) else { throw EventError("\(key) is missing") }
    return moment
  }

  func moment(_ key: String) throws(EventError) -> Moment? {
    guard let text = try text(key) else { return nil }
    guard let moment = Moment(rfc3339: text) else { throw EventError("\(key) is no RFC 3339 time") }
    return moment
  }

  func call(_ key: String) throws(EventError) -> CallID {
    guard let call = CallID(try string(key)) else { throw EventError("\(key) names no call") }
    return call
  }

  func optionalCall(_ key: String) throws(EventError) -> CallID? { self[key] == nil ? nil : try call(key) }

  func calls(_ key: String) throws(EventError) -> [CallID] {
    var calls: [CallID] = []
    for element in try list(key) {
      guard let text = element.string, let call = CallID(text) else { throw EventError("\(key) holds what is no call") }
      calls.append(call)
    }
    return calls
  }

  func list(_ key: String) throws(EventError) -> [JSON] {
    guard let value = self[key] else { return [] }
    guard let list = value.array else { throw EventError("\(key) is no list") }
    return list
  }

  func texts(_ key: String) throws(EventError) -> [String] {
    var texts: [String] = []
    for element in try list(key) {
      guard let text = element.string else { throw EventError("\(key) holds what is no string") }
      texts.append(text)
    }
    return texts
  }

  func choice<Choice: RawRepresentable<String>>(_ key: String, _ type: Choice.Type = Choice.self) throws(EventError)
    -> Choice?
  {
    guard let text = try text(key) else { return nil }
    guard let choice = Choice(rawValue: text) else { throw EventError("\(key) is \"\(text)\", which is unknown") }
    return choice
  }

  func required<Value>(_ key: String, _ value: Value?) throws(EventError) -> Value {
    guard let value else { throw EventError("\(key) is missing") }
    return value
  }
}
