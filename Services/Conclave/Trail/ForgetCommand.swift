internal import Deliberation

/// `conclave forget`: has words erased and leaves what proves the rest.
enum ForgetCommand: Command {
  static let name = "forget"
  static let operands = "<id> | --tenant <tenant> | --before <day>"
  static let summary = "erase what was asked and answered in a deliberation, or in all of a tenant or of a time"
  static let flags =
    [
      Flag("--tenant", "acme", "every deliberation of this tenant that has ended"),
      Flag("--before", "2026-01-31", "every deliberation (with --tenant: of that one) that ended before"),
      Flag("--by", "operator", "who had it erased; stands in the tombstone"),
    ] + LedgerLink.flags

  /// What erasing cannot reach.
  static let topicNote =
    "The topic itself holds the text until its retention ends (conclave.events: for ever unless set otherwise), and so do"
    + " its replicas and backups of either."

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    let id = arguments.operands.first
    guard arguments.operands.count <= 1, (id == nil) != (arguments["--tenant"] == nil && arguments["--before"] == nil)
    else {
      throw .usage("name one deliberation, or --tenant, or --before")
    }
    var object = JSONObject()
    object.append("id", ifPresent: id.map { .string($0) })
    object.append("tenant", ifPresent: arguments["--tenant"].map { .string($0) })
    object.append("before", ifPresent: arguments["--before"].map { .string($0) })
    object.append("by", .string(arguments["--by"] ?? "operator"))
    let body = JSON.object(object)
    let link = try LedgerLink(arguments, environment: environment)
    return try awaited { () async throws(CommandError) -> Int32 in
      defer { link.close() }
      var (forgotten, open) = (Int64(0), Int64(0))
      var last = Int64(0)
      repeat {
        guard let answer = try await link.post("/v1/forgotten", body) else {
          throw .failed("the ledger knows nothing of \(id ?? "")")
        }
        last = answer["forgotten"]?.int ?? 0
        forgotten += last
        open = answer["open"]?.int ?? 0
        guard answer["more"]?.bool == true, last > 0 else { break }
        // the next page is what is left once these tombstones have been read
        try await read(link, id: nil, body)
      } while true
      if let id {
        try await read(link, id: id, body)
        for replay in try await link.get("/v1/deliberations", [("replays", id)])["deliberations"]?.array ?? []
        where replay["forgotten"] == nil {
          Output.error("\(replay["id"]?.string ?? "") judged the same answers again and still holds them\n")
        }
      }
      Output.data("forgotten: \(forgotten)\n")
      if open > 0 { Output.error("\(open) are still open and were left; ask again when they have ended\n") }
      if forgotten > 0 {
        Output.error(topicNote + "\n")
      } else if open == 0 {
        Output.error("nothing was left to forget\n")
      }
      return 0
    }
  }

  /// Waits until the tombstones that were written have been read back.
  private static func read(_ link: LedgerLink, id: String?, _ body: JSON) async throws(CommandError) {
    let end = ContinuousClock.now + .seconds(30)
    var after = try await link.get("/v1/end")["next"]?.int ?? 0
    while ContinuousClock.now < end {
      if let id {
        let found = try await link.find("/v1/deliberations/\(LedgerLink.escaped(id))")
        if found?["deliberation"]?["forgotten"] != nil { return }
      }
      let page = try await link.get(
        "/v1/records", [("after", "\(after)"), ("limit", "1"), ("brief", "1"), ("wait_ms", "500")])
      let next = page["next"]?.int ?? after
      if id == nil, next == after { return }
      after = next
    }
  }
}
