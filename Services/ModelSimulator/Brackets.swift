/// Finds what stands in square brackets: the rules that a question may carry.
enum Brackets {
  /// A rule is no longer than this many bytes.
  private static let longest = 2000

  /// The texts between `[` and the `]` that closes it, in order; brackets inside (a JSON argument) belong to them.
  static func contents(of text: String) -> [Substring] {
    ranges(in: text).map { text[$0].dropFirst().dropLast() }
  }

  /// The text without its bracketed rules, and without the space that they leave at its ends.
  static func removed(from text: String) -> String {
    var rest = ""
    var end = text.startIndex
    for range in ranges(in: text) {
      rest += text[end..<range.lowerBound]
      end = range.upperBound
    }
    rest += text[end...]
    let start = rest.firstIndex { !$0.isWhitespace } ?? rest.endIndex
    let last = rest.lastIndex { !$0.isWhitespace }
    return last.map { String(rest[start...$0]) } ?? ""
  }

  private static func ranges(in text: String) -> [Range<String.Index>] {
    let bytes = text.utf8
    var found: [Range<String.Index>] = []
    var start: String.Index?
    var depth = 0
    var length = 0
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      let next = bytes.index(after: index)
      length += 1
      if length > longest {
        start = nil
        depth = 0
      }
      if byte == UInt8(ascii: "[") {
        if depth == 0 {
          start = index
          length = 0
        }
        depth += 1
      } else if byte == UInt8(ascii: "]"), depth > 0 {
        depth -= 1
        if depth == 0, let from = start {
          found.append(from..<next)
          start = nil
        }
      }
      index = next
    }
    return found
  }
}
