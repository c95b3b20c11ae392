internal import Deliberation

/// `conclave verify`: whether what is stored is what was written, and all of it.
enum VerifyCommand: Command {
  static let name = "verify"
  static let operands = "<id> | --all"
  static let summary = "recompute hashes and digests; name what is missing, changed or doubled (exit status 1)"
  static let flags =
    [
      Flag("--all", nil, "every deliberation, and every offset"),
      Flag("--log", nil, "read the topic itself, and hold the ledger against it record by record"),
      Flag("--alone", nil, "with --log: hold the topic against itself, where there is no ledger"),
      Flag("--json", nil, "for a program to read"),
      Flag("--kafka", "host:port", "with --log: the bus; usual: what conclave up runs on"),
    ] + LedgerLink.flags

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    let id = arguments.operands.first
    guard arguments.operands.count <= 1, (id == nil) == arguments.has("--all") else {
      throw .usage("name one deliberation, or --all")
    }
    let report: JSON
    if arguments.has("--log") {
      report = try log(id, arguments, environment)
    } else {
      let link = try LedgerLink(arguments, environment: environment)
      report = try awaited { () async throws(CommandError) -> JSON in
        defer { link.close() }
        guard let report = try await link.find("/v1/verification", [("id", id)]) else {
          throw .failed("the ledger knows nothing of \(id ?? "")")
        }
        return report
      }
    }
    Output.data(
      arguments.has("--json") ? report.text + "\n" : VerifyReport.text(report, Paint(isOn: Output.dataIsTerminal)))
    return report["passed"]?.bool == true ? 0 : 1
  }

  private static func log(
    _ id: String?, _ arguments: Arguments, _ environment: [String: String]
  ) throws(CommandError) -> JSON {
    var environment = environment
    if let kafka = arguments["--kafka"] { environment["CONCLAVE_KAFKA"] = kafka }
    let data = UpPlan.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")
    let running = RunFile.read(data: data)
    guard running.map({ !$0.bus.isEmpty }) ?? !(environment["CONCLAVE_KAFKA"] ?? "").isEmpty else {
      throw .failed("nothing runs from \(data); start it with deploy/up, or name the bus with --kafka")
    }
    let settings = try BusClient.settings(running, environment: environment)
    // a comparison that did not happen must not look like one that passed
    let link = arguments.has("--alone") ? nil : try LedgerLink(arguments, environment: environment)
    return try awaited { () async throws(CommandError) -> JSON in
      defer { link?.close() }
      return try await LogAudit(settings: settings, id: id, link: link).report()
    }
  }
}
