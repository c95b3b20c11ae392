internal import Deliberation

/// `conclave export`: what the ledger holds, for other programs.
enum ExportCommand: Command {
  static let name = "export"
  static let operands = "deliberations|calls|events"
  static let summary = "write out what the ledger holds: JSON Lines, CSV, or flat rows with fixed columns"
  static let flags =
    [
      Flag(
        "--format", "jsonl", "jsonl: whole objects; csv; flat: JSON Lines of the CSV's columns, one type each (Parquet)"
      ),
      Flag("--tenant", "acme", "deliberations and calls: of this tenant"),
      Flag("--status", "completed", "deliberations: that stand so"),
      Flag("--since", "2026-01-31", "deliberations and calls: asked from that day or time on"),
      Flag("--until", "2026-02-28", "deliberations and calls: asked before"),
      Flag("--id", "gen-…", "events: of this deliberation"),
    ] + LedgerLink.flags

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands.count == 1, let table = FlatTable.named(arguments.operands[0]) else {
      throw .usage("say what: deliberations, calls or events")
    }
    guard let format = Format(rawValue: arguments["--format"] ?? "jsonl") else {
      throw .usage("--format must be jsonl, csv or flat")
    }
    let allowed =
      switch table.name {
      case "deliberations": ["--tenant", "--status", "--since", "--until"]
      case "calls": ["--tenant", "--since", "--until"]
      default: ["--id"]
      }
    for flag in ["--tenant", "--status", "--since", "--until", "--id"] where arguments.has(flag) {
      guard allowed.contains(flag) else { throw .usage("\(flag) does not narrow \(table.name)") }
    }
    let link = try LedgerLink(arguments, environment: environment)
    let query = allowed.filter { $0 != "--id" }.map { (String($0.dropFirst(2)), arguments[$0]) }
    let id = arguments["--id"]
    return try awaited { () async throws(CommandError) -> Int32 in
      defer { link.close() }
      if format == .csv { Output.data(table.head + "\n") }
      var next: (String, String)?
      while true {
        let path = id.map { "/v1/deliberations/\(LedgerLink.escaped($0))/events" } ?? table.path
        guard let page = try await link.find(path, query + [("limit", "500"), (next?.0 ?? "limit", next?.1)]) else {
          throw .failed("the ledger knows nothing of \(id ?? path)")
        }
        let rows = page[table.list]?.array ?? []
        let lines = rows.map { row in
          switch format {
          case .jsonl: row.text
          case .csv: table.csv(row)
          case .flat: table.flat(row).text
          }
        }
        if !lines.isEmpty { Output.data(lines.joined(separator: "\n") + "\n") }
        if let cursor = page["next"]?.string {
          next = ("cursor", cursor)
        } else if let after = page["next"]?.int, !rows.isEmpty {
          next = ("after", "\(after)")
        } else {
          return 0
        }
      }
    }
  }

  enum Format: String { case jsonl, csv, flat }
}
