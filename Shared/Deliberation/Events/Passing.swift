/// What a reader of calls' outcomes has no use for: it is held against the same rules and neither built nor kept.
package struct Passing: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// How a call went: its tries, its tools, its execution.
  package static let course = Passing(rawValue: 1)
  /// What was answered; that it was answered at all is kept.
  package static let content = Passing(rawValue: 2)

  func text(_ part: Passing, _ fields: Fields, _ key: StaticString) throws(EventError) -> String? {
    contains(part) ? try fields.passedText(key) : try fields.text(key)
  }

  func passage(_ part: Passing, _ fields: Fields, _ key: StaticString) throws(EventError) -> Passage? {
    contains(part) ? try fields.passedPassage(key) : try fields.passage(key)
  }

  func list(_ part: Passing, _ fields: Fields, _ key: StaticString) throws(EventError) -> [JSON] {
    guard contains(part) else { return try fields.list(key) }
    try fields.passList(key)
    return []
  }
}
