/// What a reader of outcomes and analyses has no use for: it is held against the same rules and neither built nor kept.
package struct Passing: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// How a call went: its tries, its tools, its execution.
  package static let course = Passing(rawValue: 1)
  /// What was answered; that it was answered at all is kept.
  package static let content = Passing(rawValue: 2)
  /// What the judge found.
  package static let points = Passing(rawValue: 4)
  /// By which words of the answers it found it, and who changed their mind.
  package static let evidence = Passing(rawValue: 8)

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
