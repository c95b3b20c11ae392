internal import Deliberation

/// What of an answer's text a client has seen. The text of a turn is that of the decision and of each answer call in
/// order, joined by an empty line; of each call one execution is shown.
struct ShownText: Sendable {
  private(set) var text = ""
  private var current: CallID?
  private var pieces: Pieces?
  /// Something is missing: nothing more is shown before the whole is known.
  private var isStalled = false

  static let separator = "\n\n"

  /// Whether pieces of that call and execution are those that are shown.
  mutating func follows(_ delta: Reply.Delta) -> Bool {
    guard !isStalled, delta.call.purpose == .answer || delta.call.purpose == .decision else { return false }
    if current == delta.call { return pieces?.execution == delta.execution }
    if let current, !Self.isBefore(current, delta.call) { return false }
    current = delta.call
    pieces = Pieces(execution: delta.execution)
    return true
  }

  /// What the client is to be shown of a piece.
  mutating func add(_ delta: Reply.Delta) -> String? {
    guard follows(delta), !delta.text.isEmpty, var own = pieces else { return nil }
    let isFirst = own.bytes == 0
    let new = own.add(delta)
    pieces = own
    if own.isBroken { isStalled = true }
    guard let new else { return nil }
    let shown = isFirst && !text.isEmpty ? Self.separator + new : new
    text += shown
    return shown
  }

  /// What is left of the whole text; nil where it does not begin with what was shown.
  func rest(of whole: String) -> String? {
    let (shown, whole) = (text.utf8, whole.utf8)
    guard whole.starts(with: shown) else { return nil }
    return String(decoding: whole.dropFirst(shown.count), as: UTF8.self)
  }

  private static func isBefore(_ left: CallID, _ right: CallID) -> Bool {
    func order(_ call: CallID) -> (Int, Int, Int) { (call.purpose == .decision ? 0 : 1, call.round, call.attempt) }
    return order(left) < order(right)
  }
}
