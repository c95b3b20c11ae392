/// What a person would read of a page: its title, its text with headings, lists and paragraphs, and its links.
package struct ReadablePage: Sendable, Equatable {
  package struct Link: Sendable, Equatable {
    package let text: String
    /// As the page has it.
    package let target: String
  }

  package private(set) var title = ""
  package private(set) var text = ""
  package private(set) var links: [Link] = []

  static let linkLimit = 500
  private static let skipped: Set = [
    "script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "select", "button", "math",
  ]
  private static let blocks: Set = [
    "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "ul", "ol", "dl", "dt", "dd", "table",
    "tr", "blockquote", "pre", "figure", "figcaption", "address", "hr", "details", "summary", "body", "form",
  ]
  private static let headings = ["h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6]

  /// nil: no HTML. `charset` is what the server said; `limit` bounds the text in bytes.
  package init?(_ bytes: [UInt8], charset: String?, limit: Int) {
    guard let document = HTMLDocument(PlainMarkup(PageEncoding.utf8(bytes, said: charset))) else { return nil }
    var writer = ReadableText(limit: limit)
    var title = ""
    var isInTitle = false
    var hasTitle = false
    var links: [Link] = []
    var open: (target: String, start: Int)?
    document.walk { step in
      switch step {
      case .begin(let name, let attribute):
        guard !Self.skipped.contains(name), attribute("hidden") == nil, attribute("aria-hidden") != "true" else {
          return false
        }
        switch name {
        case "title": isInTitle = !hasTitle
        case "br": writer.line()
        case "li":
          writer.line()
          writer.raw("- ")
        case "td", "th": writer.raw(" | ")
        case "a":
          if let target = attribute("href"), links.count < Self.linkLimit { open = (target, writer.count) }
        case "img":
          if let words = attribute("alt"), !words.isEmpty { writer.add(" [image: \(words.prefix(200))] ") }
        default: break
        }
        if let level = Self.headings[name] {
          writer.paragraph()
          writer.raw(String(repeating: "#", count: level) + " ")
        } else if Self.blocks.contains(name) {
          writer.paragraph()
        }
        if name == "pre" { writer.keepsSpace = true }
        return true
      case .text(let text):
        if isInTitle { title += text } else { writer.add(text) }
        return true
      case .end(let name):
        switch name {
        case "title":
          if isInTitle { hasTitle = true }
          isInTitle = false
        case "a":
          if let (target, start) = open {
            let words = writer.since(start)
            if !words.isEmpty { links.append(Link(text: String(words.prefix(200)), target: target)) }
            open = nil
          }
        case "pre": writer.keepsSpace = false
        default: break
        }
        if Self.blocks.contains(name) || Self.headings[name] != nil { writer.paragraph() }
        return true
      }
    }
    self.title = String(ReadableText.plain(title).prefix(300))
    self.links = links
    text = writer.text
  }
}
