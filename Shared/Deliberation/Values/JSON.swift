/// A JSON value: what records, requests and answers are made of. Objects keep the order of their keys, so that what is
/// written is the same bytes every time.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
  /// A text that was written before: the same as `string`, for whoever reads it.
  case passage(Passage)
  /// A value that was written before: the same as what was written, and built only for whoever reads it.
  case written([UInt8])

  /// What was written before, built; all else as it is.
  package var built: JSON {
    guard case .written(let bytes) = self else { return self }
    return (try? JSON.parse(bytes)) ?? .null
  }
}

extension JSON: Equatable {
  package static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.double(let left), .double(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    case (.passage(let left), .passage(let right)): left == right
    case (.written(let left), .written(let right)) where left == right: true
    case (.written, _), (_, .written): left.built == right.built
    case (.passage(let passage), .string(let text)), (.string(let text), .passage(let passage)): passage.text == text
    default: false
    }
  }
}

extension JSON {
  /// The member of that name, where this is an object that has it.
  package subscript(key: String) -> JSON? {
    guard case .object(let object) = built else { return nil }
    return object[key]
  }

  /// The element at that place, where this is an array that long.
  package subscript(index: Int) -> JSON? {
    guard case .array(let array) = built, array.indices.contains(index) else { return nil }
    return array[index]
  }

  package var string: String? {
    switch self {
    case .string(let value): value
    case .passage(let value): value.text
    default: nil
    }
  }

  /// The whole number this is; a double without a fraction counts as one.
  package var int: Int64? {
    switch self {
    case .int(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  package var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var array: [JSON]? {
    guard case .array(let value) = built else { return nil }
    return value
  }

  package var object: JSONObject? {
    guard case .object(let value) = built else { return nil }
    return value
  }

  package var isNull: Bool { self == .null }

  /// The compact text of this value as UTF-8.
  package var bytes: [UInt8] {
    var writer = JSONWriter(capacity: size)
    writer.write(self)
    return writer.bytes
  }

  /// About how many bytes its text takes, so that room is made once.
  var size: Int {
    switch self {
    case .null, .bool: 5
    case .int: 12
    case .double: 24
    case .string(let text): JSONWriter.room(text.utf8.count) + 2
    case .passage(let passage): passage.size + 2
    case .written(let value): value.count
    case .array(let elements): elements.reduce(2) { $0 + $1.size + 1 }
    case .object(let object): object.members.reduce(2) { $0 + JSONWriter.room($1.key.utf8.count) + 4 + $1.value.size }
    }
  }

  /// How many bytes its text takes.
  var count: Int {
    switch self {
    case .null: 4
    case .bool(let value): value ? 4 : 5
    case .int, .double: bytes.count
    case .string(let text): JSONWriter.size(of: text) + 2
    case .passage(let passage): passage.size + 2
    case .written(let value): value.count
    case .array(let elements): elements.reduce(max(2, elements.count + 1)) { $0 + $1.count }
    case .object(let object):
      object.members.reduce(max(2, object.count + 1)) { $0 + JSONWriter.size(of: $1.key) + 3 + $1.value.count }
    }
  }

  /// Whether its text takes at most so many bytes. What is far from it needs not be written to know that: no byte of a text
  /// takes more than six.
  func fits(_ limit: Int) -> Bool { size * 6 <= limit || count <= limit }

  /// The compact text of this value.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// How many bytes a text takes between its quotes.
  package static func escapedSize(_ text: String) -> Int { JSONWriter.size(of: text) }

  /// Reads one value, strictly as RFC 8259 has it. Invalid UTF-8 is refused. A `\u` escape of half a surrogate pair
  /// becomes U+FFFD: Swift's strings cannot hold it, and what a model wrote must never stop the reader. Of a key that
  /// stands twice in one object the last value wins.
  package static func parse(_ bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) -> JSON {
    try JSONText(bytes, maxDepth: maxDepth).value(at: 0)
  }

  package static func parse(_ text: String, maxDepth: Int = 64) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), maxDepth: maxDepth)
  }
}

// No nil literal: in `condition ? nil : value` it would silently become a JSON null where an absent value is meant.
extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(unique: elements.map { JSONObject.Member(key: $0, value: $1) }))
  }
}

extension JSON: CustomStringConvertible {
  package var description: String { text }
}
