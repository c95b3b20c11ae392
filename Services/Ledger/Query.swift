internal import Deliberation

/// What stands behind the question mark.
struct Query {
  private let values: [String: String]

  init(_ query: [(String, String)]) { values = Dictionary(query) { first, _ in first } }

  subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal(
        400, "invalid_request", "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Behind which row a page begins, how long it is, how long an empty one waits, and whether it is without contents.
  func page() throws(Refusal) -> (after: Int64, limit: Int, wait: Duration, isBrief: Bool) {
    let after = try number("after", in: 0...Int.max) ?? 0
    let limit = try number("limit", in: 1...10_000) ?? 1_000
    let wait = try number("wait_ms", in: 0...60_000) ?? 0
    return (Int64(after), limit, .milliseconds(wait), self["brief"] == "1")
  }

  private func moment(_ name: String) throws(Refusal) -> Int64? {
    guard let text = self[name] else { return nil }
    return try Self.milliseconds(name, text)
  }

  static func milliseconds(_ name: String, _ text: String) throws(Refusal) -> Int64 {
    let full = text.utf8.count == 10 ? text + "T00:00:00Z" : text
    guard let moment = Moment(rfc3339: full) else {
      throw Refusal(400, "invalid_request", "\(name) must be a day (2026-01-31) or a time (2026-01-31T12:00:00Z)")
    }
    return moment.milliseconds
  }

  func filter() throws(Refusal) -> Archive.Filter {
    var filter = Archive.Filter()
    filter.tenant = self["tenant"]
    filter.status = self["status"]
    filter.mode = self["mode"]
    filter.model = self["model"]
    filter.replays = self["replays"]
    filter.since = try moment("since")
    filter.until = try moment("until")
    filter.limit = try number("limit", in: 1...500) ?? filter.limit
    if let text = self["cursor"] {
      let parts = text.split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let asked = Int64(parts[0]) else {
        throw Refusal(400, "invalid_request", "cursor must be what `next` of the page before said")
      }
      filter.cursor = (asked, String(parts[1]))
    }
    return filter
  }
}
