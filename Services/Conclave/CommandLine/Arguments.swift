/// The words behind a command's name, held against what the command takes.
struct Arguments: Sendable, Equatable {
  private(set) var values: [String: String] = [:]
  private(set) var operands: [String] = []

  /// Flags may stand before and behind operands, as `--name value` or `--name=value`; `--` ends them.
  init(_ words: [String], flags: [Flag]) throws(CommandError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      if word == "--" {
        operands += rest
        return
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let flag = flags.first(where: { $0.name == parts[0] }) else { throw .usage("\(parts[0]) is not known") }
      guard values[flag.name] == nil else { throw .usage("\(flag.name) stands twice") }
      guard let expected = flag.value else {
        guard parts.count == 1 else { throw .usage("\(flag.name) takes no value") }
        values[flag.name] = ""
        continue
      }
      guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
        throw .usage("\(flag.name) needs a value: \(flag.name) \(expected)")
      }
      values[flag.name] = value
    }
  }

  subscript(flag: String) -> String? { values[flag] }

  func has(_ flag: String) -> Bool { values[flag] != nil }

  func number(_ flag: String, in range: ClosedRange<Int>) throws(CommandError) -> Int? {
    guard let text = values[flag] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .usage("\(flag) \"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
