/// A function that a simulated model calls.
struct ToolCall: Equatable, Sendable {
  let id: String
  let name: String
  /// JSON as text, as OpenAI's shape has it.
  let arguments: String

  /// Its arguments come word by word.
  var isLong: Bool { arguments.utf8.count > 1_000 }

  /// The arguments as a stream brings them: in two pieces, or where they are long so many words at a time.
  func pieces(wordsEach: Int) -> [String] {
    if isLong { return Words.pieces(of: arguments, wordsEach: wordsEach) }
    let middle = arguments.index(arguments.startIndex, offsetBy: arguments.count / 2)
    return [arguments[..<middle], arguments[middle...]].map { String($0) }.filter { !$0.isEmpty }
  }
}
