/// Reads the members of a record's value where they stand; an error names what is missing or wrong. Only what is asked for
/// is built.
struct Fields {
  private let text: JSONText
  private let object: Int
  /// The deliberation's id, as far as the reader has it: calls share it instead of bringing their own.
  private let deliberation: String
  /// Behind the member that was read last: writers and readers name them in about the same order.
  private let next = Place()

  private final class Place {
    var index = 0
  }

  /// The whole text is held against the rules of JSON, also what nobody asks for.
  init(_ bytes: [UInt8], of deliberation: String = "") throws(EventError) {
    do throws(JSONError) { text = try JSONText(bytes) } catch { throw EventError(error.description) }
    object = 0
    self.deliberation = deliberation
    guard text.nodes[0].kind == .object else { throw EventError("the value is no JSON object") }
  }

  /// A tree is written and read again: for what is read seldom.
  init(_ value: JSON) throws(EventError) { try self.init(value.bytes) }

  private init(_ fields: Fields, at place: Int) throws(EventError) {
    guard fields.text.nodes[place].kind == .object else { throw EventError("the value is no JSON object") }
    text = fields.text
    object = place
    deliberation = fields.deliberation
  }

  /// Where a member stands that is there and not null.
  private func place(_ key: StaticString) -> Int? {
    guard let name = text.name(key, of: object, from: next.index) else { return nil }
    next.index = Int(text.nodes[name + 1].next)
    let place = Int(text.nodes[name].next)
    return text.nodes[place].kind == .null ? nil : place
  }

  private func place(_ key: StaticString, _ kind: JSONText.Node.Kind, _ name: StaticString) throws(EventError) -> Int? {
    guard let place = place(key) else { return nil }
    guard text.nodes[place].kind == kind else { throw EventError("\(key) is no \(name)") }
    return place
  }

  func has(_ key: StaticString) -> Bool { place(key) != nil }

  func isObject(_ key: StaticString) -> Bool { place(key).map { text.nodes[$0].kind == .object } ?? false }

  subscript(key: StaticString) -> JSON? { place(key).map { text.value(at: $0) } }

  /// A value that is handed on: as it was read, where it would be written so.
  func written(_ key: StaticString) -> JSON? { place(key).map { text.written(at: $0) } }

  func string(_ key: StaticString) throws(EventError) -> String { try required(key, try text(key)) }

  func text(_ key: StaticString) throws(EventError) -> String? {
    try place(key, .text, "string").map { text.text(at: $0) }
  }

  /// Of a text that nobody has use for: one sign where it says anything.
  func passedText(_ key: StaticString) throws(EventError) -> String? {
    try place(key, .text, "string").map { text.hasWords(at: $0) ? "…" : "" }
  }

  /// A text that is long, and is written again.
  func passage(_ key: StaticString) throws(EventError) -> Passage? {
    try place(key, .text, "string").map { text.passage(at: $0) }
  }

  func passedPassage(_ key: StaticString) throws(EventError) -> Passage? {
    try place(key, .text, "string").map { text.hasWords(at: $0) ? .something : .empty }
  }

  func int(_ key: StaticString) throws(EventError) -> Int { try required(key, try whole(key)) }

  func whole(_ key: StaticString) throws(EventError) -> Int? {
    guard let place = place(key) else { return nil }
    guard let whole = text.whole(at: place) else { throw EventError("\(key) is no whole number") }
    return whole
  }

  func number(_ key: StaticString) throws(EventError) -> Double? {
    guard let place = place(key) else { return nil }
    guard let number = text.number(at: place) else { throw EventError("\(key) is no number") }
    return number
  }

  func flag(_ key: StaticString) throws(EventError) -> Bool? {
    guard let place = place(key) else { return nil }
    switch text.nodes[place].kind {
    case .yes: return true
    case .no: return false
    default: throw EventError("\(key) is neither true nor false")
    }
  }

  func time(_ key: StaticString) throws(EventError) -> Moment { try required(key, try moment(key)) }

  func moment(_ key: StaticString) throws(EventError) -> Moment? {
    guard let place = try place(key, .text, "string") else { return nil }
    guard let moment = text.moment(at: place) else { throw EventError("\(key) is no RFC 3339 time") }
    return moment
  }

  func call(_ key: StaticString) throws(EventError) -> CallID {
    guard let call = text.call(at: try required(key, try place(key, .text, "string")), of: deliberation) else {
      throw EventError("\(key) names no call")
    }
    return call
  }

  func optionalCall(_ key: StaticString) throws(EventError) -> CallID? { has(key) ? try call(key) : nil }

  func calls(_ key: StaticString) throws(EventError) -> [CallID] {
    try list(key) { place throws(EventError) in
      guard text.nodes[place].kind == .text, let call = text.call(at: place, of: deliberation) else {
        throw EventError("\(key) holds what is no call")
      }
      return call
    }
  }

  func list(_ key: StaticString) throws(EventError) -> [JSON] { try list(key) { text.value(at: $0) } }

  /// A list that nobody has use for.
  func passList(_ key: StaticString) throws(EventError) { _ = try place(key, .list, "list") }

  func texts(_ key: StaticString) throws(EventError) -> [String] {
    try list(key) { place throws(EventError) in
      guard text.nodes[place].kind == .text else { throw EventError("\(key) holds what is no string") }
      return text.text(at: place)
    }
  }

  private func list<Element>(_ key: StaticString, _ read: (Int) throws(EventError) -> Element) throws(EventError)
    -> [Element]
  {
    guard let list = try place(key, .list, "list") else { return [] }
    var elements: [Element] = []
    elements.reserveCapacity(Int(text.nodes[list].count))
    var place = list + 1
    while place < Int(text.nodes[list].next) {
      elements.append(try read(place))
      place = Int(text.nodes[place].next)
    }
    return elements
  }

  /// A list of objects, each read by its own members.
  func each<Element>(_ key: StaticString, _ read: (Fields) throws(EventError) -> Element) throws(EventError)
    -> [Element]
  {
    try list(key) { place throws(EventError) in try read(Fields(self, at: place)) }
  }

  /// An object within this one, read by its own members.
  func object<Value>(_ key: StaticString, _ read: (Fields) throws(EventError) -> Value) throws(EventError) -> Value? {
    guard let place = place(key) else { return nil }
    return try read(Fields(self, at: place))
  }

  func choice<Choice: RawRepresentable<String>>(_ key: StaticString, _ type: Choice.Type = Choice.self)
    throws(EventError) -> Choice?
  {
    guard let text = try text(key) else { return nil }
    guard let choice = Choice(rawValue: text) else { throw EventError("\(key) is \"\(text)\", which is unknown") }
    return choice
  }

  func required<Value>(_ key: StaticString, _ value: Value?) throws(EventError) -> Value {
    guard let value else { throw EventError("\(key) is missing") }
    return value
  }
}
