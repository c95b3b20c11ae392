/// The pieces of one call's text that were shown: of one execution alone, in order and each once.
struct Pieces: Equatable, Sendable {
  private(set) var execution: String
  private(set) var bytes = 0
  /// A piece is missing; the rest comes with the whole answer.
  private(set) var isBroken = false

  init(execution: String) { self.execution = execution }

  /// What of a piece is new; nil where nothing is, or where it is not to be shown.
  mutating func add(_ delta: Reply.Delta) -> String? {
    guard delta.execution == execution, !isBroken else { return nil }
    let length = delta.text.utf8.count
    guard delta.offset <= bytes else {
      isBroken = true
      return nil
    }
    let known = bytes - delta.offset
    guard known < length else { return nil }
    bytes = delta.offset + length
    return known == 0 ? delta.text : String(decoding: delta.text.utf8.dropFirst(known), as: UTF8.self)
  }
}
