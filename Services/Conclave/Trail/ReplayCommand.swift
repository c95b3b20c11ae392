internal import Deliberation

/// `conclave replay`: has the recorded answers judged again, by another judge or in another mode, and shows both.
enum ReplayCommand: Command {
  static let name = "replay"
  static let operands = "<id>"
  static let summary = "judge the recorded answers again; pays for the judge and the answer alone"
  static let flags =
    [
      Flag("--judge", "author/model", "who judges now (and answers, where the judge did); usual: the same"),
      Flag("--mode", "merge|best-of", "how; usual: the same"),
      Flag("--json", nil, "both deliberations, for a program to read"),
    ] + LedgerLink.flags

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands.count == 1 else { throw .usage("name one deliberation") }
    let id = arguments.operands[0]
    let (judge, mode) = (arguments["--judge"], arguments["--mode"])
    if let mode, !["merge", "best-of"].contains(mode) {
      throw .usage("--mode \"\(mode)\" must be merge or best-of: in a debate the models would have to be asked again")
    }
    let link = try LedgerLink(arguments, environment: environment)
    let data = UpPlan.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")
    let settings = try BusClient.settings(RunFile.read(data: data), environment: environment)
    let (old, new) = try awaited { () async throws(CommandError) -> (JSON, JSON) in
      defer { link.close() }
      let old = try await link.timeline(id)
      let question = try Replay(old).question(judge: judge, mode: mode)
      let ask = BusAsk(settings: settings, interrupts: Interrupts())
      let outcome = try await ask.ask(question, compares: false)
      guard outcome.fused.isAnswer, let again = outcome.fused.body["id"]?.string else {
        throw .failed(outcome.fused.failure)
      }
      return (old, try await ended(again, link))
    }
    if arguments.has("--json") {
      Output.data((["old": old, "new": new] as JSON).text + "\n")
    } else {
      let page = SideBySide(Story(old), Story(new), paint: Paint(isOn: Output.dataIsTerminal))
      Output.data(page.lines.joined(separator: "\n") + "\n")
    }
    return 0
  }

  /// The result is there before the ledger has read the last of it.
  private static func ended(_ id: String, _ link: LedgerLink) async throws(CommandError) -> JSON {
    let end = ContinuousClock.now + .seconds(30)
    while true {
      if let found = try await link.find("/v1/deliberations/\(LedgerLink.escaped(id))/timeline"),
        found["deliberation"]?["status"]?.string != "open"
      {
        return found
      }
      guard ContinuousClock.now < end else { throw .failed("\(id) has ended, and the ledger has not read that yet") }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}
