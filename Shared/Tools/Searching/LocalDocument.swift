/// A file of the folder, ready to be searched: a title, and its text in passages that are short enough to be shown.
struct LocalDocument: Equatable {
  let title: String
  let passages: [String]

  static let passageBytes = 1_400

  init(path: String, bytes: [UInt8]) {
    let lower = path.lowercased()
    var text = ""
    var title = ""
    if [".html", ".htm", ".xhtml"].contains(where: lower.hasSuffix) {
      if let page = ReadablePage(bytes, charset: nil, limit: FolderScan.byteLimit) {
        text = page.text
        title = page.title
      }
    } else {
      text = String(decoding: PageEncoding.utf8(bytes, said: nil), as: UTF8.self)
    }
    if title.isEmpty { title = Self.heading(text) ?? path.split(separator: "/").last.map(String.init) ?? path }
    self.title = title
    passages = Self.passages(text)
  }

  /// The first heading of Markdown.
  private static func heading(_ text: String) -> String? {
    for line in text.split(separator: "\n", maxSplits: 50).prefix(50) where line.hasPrefix("#") {
      let words = ReadableText.plain(String(line.drop { $0 == "#" }))
      if !words.isEmpty { return String(words.prefix(200)) }
    }
    return nil
  }

  /// Paragraphs, gathered while they are short and cut where they are long.
  private static func passages(_ text: String) -> [String] {
    var passages: [String] = []
    var current = ""
    func close() {
      if !current.isEmpty { passages.append(current) }
      current = ""
    }
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let isHeading = line.hasPrefix("#")
      let isEnd = line.allSatisfy(\.isWhitespace) && current.utf8.count > passageBytes / 2
      if isHeading || isEnd || current.utf8.count + line.utf8.count > passageBytes { close() }
      var rest = line
      while rest.utf8.count > passageBytes {
        let end = rest.utf8.index(rest.startIndex, offsetBy: passageBytes)
        // between words, and never within a character
        let cut = rest[..<end].lastIndex(of: " ") ?? rest.index(rest.startIndex, offsetBy: passageBytes / 4)
        passages.append(String(rest[..<cut]))
        rest = rest[cut...].drop { $0 == " " }
      }
      if !rest.isEmpty {
        if !current.isEmpty { current += "\n" }
        current += rest
      }
    }
    close()
    return passages
  }
}
