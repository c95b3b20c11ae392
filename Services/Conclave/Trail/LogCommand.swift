internal import Deliberation

/// `conclave log`: what happens, one line per event.
enum LogCommand: Command {
  static let name = "log"
  static let summary = "show the events of the log, one line each; --follow waits for more"
  static let flags =
    [
      Flag("--follow", nil, "go on with what is written from now on"),
      Flag("--id", "gen-…", "of one deliberation"),
      Flag("--type", "call.", "whose type (without conclave. and .v1) begins with this"),
      Flag("--model", "author/model", "that speak of this model"),
      Flag("--source", "judge", "written by this service"),
      Flag("--last", "50", "how many to begin with, before they are narrowed; of one deliberation: all"),
      Flag("--json", nil, "whole records, one JSON object a line"),
    ] + LedgerLink.flags

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    if let operand = arguments.operands.first { throw .usage("\"\(operand)\" is not known") }
    let last = try arguments.number("--last", in: 0...100_000)
    let filter = LogFilter(
      type: arguments["--type"], model: arguments["--model"], source: arguments["--source"].map { "/conclave/\($0)" })
    let line = LogLine(paint: Paint(isOn: Output.dataIsTerminal))
    let (id, follows, asJSON) = (arguments["--id"], arguments.has("--follow"), arguments.has("--json"))
    let link = try LedgerLink(arguments, environment: environment)
    return try awaited { () async throws(CommandError) -> Int32 in
      defer { link.close() }
      let path = id.map { "/v1/deliberations/\(LedgerLink.escaped($0))/events" } ?? "/v1/records"
      var after = id == nil ? try await start(link, last: last ?? 50) : 0
      // the ledger knows where the last of one deliberation begin
      var begin = id == nil ? nil : last.map { "\($0)" }
      var isOver = false
      while true {
        // behind an end comes little, and soon
        let wait = follows ? (isOver ? "1000" : "25000") : nil
        let query = [("after", "\(after)"), ("limit", "500"), ("wait_ms", wait), ("last", begin)]
        begin = nil
        guard let page = try await link.find(path, query) else {
          throw .failed("the ledger knows nothing of \(id ?? path)")
        }
        let events = page["events"]?.array ?? []
        for event in events where filter.takes(event) {
          Output.data((asJSON ? event.text : line.text(event)) + "\n")
        }
        after = page["next"]?.int ?? after
        if events.isEmpty, !follows || isOver { return 0 }
        isOver = id != nil && page["status"]?.string != "open"
      }
    }
  }

  private static func start(_ link: LedgerLink, last: Int) async throws(CommandError) -> Int64 {
    max(0, (try await link.get("/v1/end")["next"]?.int ?? 0) - Int64(last))
  }
}

/// Which events somebody wants to see.
struct LogFilter: Sendable {
  var type: String?
  var model: String?
  var source: String?

  func takes(_ event: JSON) -> Bool {
    if let type, !LogLine.name(event).hasPrefix(type) { return false }
    if let source, event["source"]?.string != source { return false }
    guard let model else { return true }
    let data = event["data"]
    return [data?["model"]?.string, data?["model_asked"]?.string].contains(model)
      || (data?["members"]?.array ?? []).contains { [$0["model"]?.string, $0["model_asked"]?.string].contains(model) }
  }
}
