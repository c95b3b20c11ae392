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
    "The topics themselves hold the text until their retention ends: conclave.events for ever unless set otherwise,"
    + " requests, requests.bulk, results (7 days), calls.* (a day) and replies (an hour). So do replicas and backups, and"
    + " for as long as an ask allowed it (cache) the callers' cache.sqlite."

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
      var hasMore = true
      while hasMore {
        guard let answer = try await link.post("/v1/forgotten", body) else {
          throw .failed("the ledger knows nothing of \(id ?? "")")
        }
        let written = answer["forgotten"]?.int ?? 0
        forgotten += written
        open = answer["open"]?.int ?? 0
        // it answers when it has read back what it wrote, which is when it erases
        guard answer["read"]?.bool == true else {
          throw .failed(
            "\(forgotten) tombstones are written, and the ledger has not read them back yet: nothing is known to be"
              + " erased; look at its /readyz and ask again")
        }
        hasMore = answer["more"]?.bool == true && written > 0
      }
      if let id {
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
}
