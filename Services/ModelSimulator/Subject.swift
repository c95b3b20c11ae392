/// What a question is about: two words of it, to speak in sentences that belong to it.
struct Subject: Equatable, Sendable {
  let first: String
  let second: String

  /// Words that say nothing about the matter.
  private static let empty: Set<String> = [
    "about", "above", "adopt", "allow", "build", "change", "choose", "compare", "create", "describe", "migrate",
    "replace", "start", "stop", "switch", "after", "again", "against", "answer", "because", "been", "before", "being",
    "below", "between",
    "both", "could", "does", "doing", "down", "during", "each", "explain", "from", "further", "give", "have", "having",
    "here", "into", "just", "know", "like", "make", "more", "most", "need", "once", "only", "other", "over", "please",
    "question", "same", "short", "should", "some", "such", "tell", "than", "that", "their", "them", "then", "there",
    "these", "they", "think", "this", "those", "through", "under", "until", "very", "want", "were", "what", "when",
    "where", "which", "while", "whom", "will", "with", "would", "write", "your",
  ]

  /// This much of the question is read.
  private static let longest = 4000

  init(of question: String) {
    var words: [String] = []
    var word: [UInt8] = []
    func finish() {
      defer { word.removeAll(keepingCapacity: true) }
      guard word.count >= 4, word.count <= 24 else { return }
      let text = String(decoding: word, as: UTF8.self)
      if !Subject.empty.contains(text), !words.contains(text), words.count < 40 { words.append(text) }
    }
    for byte in question.utf8.prefix(Subject.longest) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...0xff: word.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
      default: finish()
      }
    }
    finish()
    // Long words are mostly the matter itself; among equals the earlier.
    let longest = words.enumerated().sorted {
      $0.element.utf8.count != $1.element.utf8.count
        ? $0.element.utf8.count > $1.element.utf8.count : $0.offset < $1.offset
    }.prefix(2).sorted { $0.offset < $1.offset }
    first = longest.first?.element ?? "the matter"
    second = longest.count > 1 ? longest[1].element : "its consequences"
  }
}
