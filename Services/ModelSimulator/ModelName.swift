/// A model's slug with the behaviour that its name asks for.
struct ModelName: Equatable, Sendable {
  struct Wish: Equatable, Sendable {
    /// Where it holds; nowhere in particular: everywhere.
    let purpose: Purpose?
    let part: Part
  }

  struct UnknownPart: Error, Equatable, CustomStringConvertible {
    let part: String
    var description: String {
      "the simulator knows no behaviour \"\(part)\"; it knows \(Part.forms.joined(separator: ", ")), "
        + "each also with decision:, panel:, judge: or answer: in front"
    }
  }

  /// The whole name, as it was asked for: two names are two personalities.
  let slug: String
  let wishes: [Wish]

  init(_ slug: String) throws(UnknownPart) {
    self.slug = slug
    if let parts = slug.hasPrefix("simulator/") ? slug.dropFirst("simulator/".count) : nil {
      wishes = try ModelName.wishes(parts)
    } else if let plus = slug.firstIndex(of: "+") {
      wishes = try ModelName.wishes(slug[slug.index(after: plus)...])
    } else {
      wishes = []
    }
  }

  static func wishes(_ text: Substring) throws(UnknownPart) -> [Wish] {
    var wishes: [Wish] = []
    for written in text.split(separator: "+", omittingEmptySubsequences: false) {
      var name = written
      var purpose: Purpose?
      if let colon = written.firstIndex(of: ":"), let found = Purpose(rawValue: String(written[..<colon])) {
        purpose = found
        name = written[written.index(after: colon)...]
      }
      guard let part = Part(name) else { throw UnknownPart(part: String(written.prefix(80))) }
      wishes.append(Wish(purpose: purpose, part: part))
    }
    return wishes
  }
}
