/// A wish written into the question, `[simulate panel/0/2 status-500]`: the way to a behaviour for a system whose models
/// have names of their own.
struct Directive: Equatable, Sendable {
  enum Target: Equatable, Sendable {
    case all
    /// The beginning of a call id without its deliberation, segment by segment: `["panel", "0", "2"]`.
    case call([Substring])
    case model(String)
  }

  let target: Target
  let wishes: [ModelName.Wish]

  /// The first this many of a prompt count.
  static let most = 32

  func concerns(model: String, call: CallName?) -> Bool {
    switch target {
    case .all: true
    case .model(let slug): slug == model
    case .call(let beginning): call.map { $0.path.starts(with: beginning) } ?? false
    }
  }

  /// The directives in a text. One that cannot be read is an error: a typing error must not silently mean "behave".
  static func all(in text: String) throws(ModelName.UnknownPart) -> [Directive] {
    var directives: [Directive] = []
    for bracket in Brackets.contents(of: text) where directives.count < most {
      let words = bracket.split(separator: " ")
      guard words.count == 3, words[0] == "simulate" else { continue }
      let segments = words[1].split(separator: "/", omittingEmptySubsequences: false)
      let target: Target =
        if words[1] == "*" {
          .all
        } else if segments.first.flatMap({ Purpose(rawValue: String($0)) }) != nil {
          .call(segments)
        } else {
          .model(String(words[1]))
        }
      directives.append(Directive(target: target, wishes: try ModelName.wishes(words[2])))
    }
    return directives
  }
}
