/// A call id as the caller sends it, `<deliberation>/<purpose>/<round>/<member>/<attempt>`.
struct CallName: Equatable, Sendable {
  let text: String
  /// What follows the deliberation.
  let path: [Substring]

  /// The longest that is kept of an id; what is longer is cut, and two with one beginning count as one.
  static let longest = 300

  init(_ header: String) {
    text = String(header.prefix(CallName.longest))
    path = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { $0 }
  }

  var purpose: Purpose? { path.first.flatMap { Purpose(rawValue: String($0)) } }
}
