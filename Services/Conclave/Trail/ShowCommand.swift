internal import Deliberation

/// `conclave show`: everything that is known of one deliberation, for people.
enum ShowCommand: Command {
  static let name = "show"
  static let operands = "<id>"
  static let summary = "show one deliberation: its time line, who said what, what it cost, its way through the log"
  static let flags =
    [
      Flag("--json", nil, "for a program to read"), Flag("--full", nil, "whole answers instead of their beginnings"),
    ] + LedgerLink.flags

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands.count == 1 else { throw .usage("name one deliberation") }
    let id = arguments.operands[0]
    let link = try LedgerLink(arguments, environment: environment)
    let timeline = try awaited { () async throws(CommandError) -> JSON in
      defer { link.close() }
      return try await link.timeline(id)
    }
    if arguments.has("--json") {
      Output.data(timeline.text + "\n")
    } else {
      let page = ShowPage(timeline, paint: Paint(isOn: Output.dataIsTerminal), isFull: arguments.has("--full"))
      Output.data(page.lines.joined(separator: "\n") + "\n")
    }
    return 0
  }
}
