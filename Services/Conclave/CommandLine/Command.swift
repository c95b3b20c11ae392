/// One of the things that `conclave` can be asked to do.
protocol Command: Sendable {
  static var name: String { get }
  /// What stands behind the name in the usage line, flags aside.
  static var operands: String { get }
  /// One line for the list of commands; empty: the command is nobody's but ours and is not listed.
  static var summary: String { get }
  static var flags: [Flag] { get }

  /// - Returns: the exit status.
  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32
}

extension Command {
  static var operands: String { "" }

  static var help: String {
    var lines = [
      "usage: conclave \(name)" + (operands.isEmpty ? "" : " \(operands)") + (flags.isEmpty ? "" : " [flags]")
    ]
    if !summary.isEmpty { lines += ["", summary] }
    let shown = flags.map { ("  \($0.name)" + ($0.value.map { " \($0)" } ?? ""), $0.help) }
    if !shown.isEmpty { lines.append("") }
    let width = shown.map(\.0.count).max() ?? 0
    lines += shown.map { $0.0 + String(repeating: " ", count: width - $0.0.count + 3) + $0.1 }
    return lines.joined(separator: "\n") + "\n"
  }
}
