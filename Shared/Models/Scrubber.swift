/// Takes keys out of what providers say, before anybody sees it.
package struct Scrubber: Sendable {
  private let secrets: [String]

  /// The longest message that is kept.
  package static let limit = 500

  package init(_ secrets: [Secret] = []) {
    // the longest first: a key may begin with another
    self.secrets = secrets.map { $0.reveal() }.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// One line without keys, cut to `limit` characters.
  package func clean(_ text: String) -> String {
    var text = String(text.prefix(Self.limit * 8))
    for secret in secrets { text = text.replacing(secret, with: "(key)") }
    var line = ""
    var word = ""
    for character in text {
      if character.isLetter || character.isNumber || "-_.*+/=".contains(character) {
        word.append(character)
      } else {
        line += Self.masked(word)
        word = ""
        line.append(character.isNewline || character.isWhitespace || character.isControl ? " " : character)
      }
    }
    line += Self.masked(word)
    return line.count > Self.limit ? String(line.prefix(Self.limit)) + "…" : line
  }

  /// A word that has the look of a key, whoever it belongs to.
  private static func masked(_ word: String) -> String {
    let looks = ["sk-", "sk_", "pk-", "key-", "gsk_", "xai-", "AIza"].contains { word.hasPrefix($0) }
    return looks && word.utf8.count > 8 ? "(key)" : word
  }
}

extension Character {
  fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
