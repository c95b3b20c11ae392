internal import Deliberation
internal import Store

extension Archive {
  static let summaryColumns = """
    id, state, tenant, form, mode, policy, model, panel, judge, answerer, asked, deadline, question, replays, decision,
    sealed, rounds, ended, status, failure, code, answer_call, answer_model, winner, cost, cost_final, calls,
    prompt_tokens, completion_tokens, duration_ms, digest, digest_events, forgotten, trace, key,
    (SELECT sum(cost) FROM repeats r WHERE r.deliberation = deliberations.id)
    """

  /// One deliberation in a few words; nil where nobody asked under that id.
  func summary(_ id: String) throws(StoreError) -> JSON? {
    if let found = try statements("SELECT \(Self.summaryColumns) FROM deliberations WHERE id = ?")
      .rows([.text(id)], Self.summary).first
    {
      return found
    }
    return try statements(
      "SELECT deliberation, tenant, topic, partition, offset, at FROM asks WHERE deliberation = ? ORDER BY at LIMIT 1"
    ).rows([.text(id)], Self.waiting).first
  }

  /// An ask that nobody has taken in: open, as far as whoever asked is concerned.
  static func waiting(_ row: Statement) -> JSON {
    [
      "id": .string(row.text(0)), "status": "open", "tenant": .string(row.text(1)), "waiting": true,
      "asked": time(row.int(5)),
      "origin": [
        "topic": .string(row.text(2)), "partition": .int(row.int(3)), "offset": .int(row.int(4)),
      ],
    ]
  }

  static func time(_ milliseconds: Int64) -> JSON { .string(Moment(milliseconds: milliseconds).rfc3339) }

  static func summary(_ row: Statement) -> JSON {
    var object: JSONObject = [
      "id": .string(row.text(0)), "status": .string(row.text(1)), "tenant": .string(row.text(2)),
    ]
    func text(_ name: String, _ column: Int32) {
      object.append(name, ifPresent: row.optionalText(column).map { .string($0) })
    }
    func number(_ name: String, _ column: Int32) {
      object.append(name, ifPresent: row.optionalInt(column).map { .int($0) })
    }
    func moment(_ name: String, _ column: Int32) {
      object.append(name, ifPresent: row.optionalInt(column).map(time))
    }
    func money(_ name: String, _ column: Int32) {
      object.append(name, ifPresent: row.optionalInt(column).map { .double(Money.dollars($0)) })
    }
    text("form", 3)
    text("mode", 4)
    text("policy", 5)
    text("model", 6)
    object.append("panel", ifPresent: row.optionalText(7).flatMap { try? JSON.parse($0) })
    text("judge", 8)
    text("answerer", 9)
    moment("asked", 10)
    moment("deadline", 11)
    text("question", 12)
    text("replays", 13)
    text("decision", 14)
    text("sealed", 15)
    number("round", 16)
    moment("ended", 17)
    text("result_status", 18)
    text("failure_reason", 19)
    number("code", 20)
    text("answer_call", 21)
    text("answer_model", 22)
    number("winner", 23)
    money("cost", 24)
    object.append("cost_final", ifPresent: row.optionalInt(25).map { .bool($0 != 0) })
    money("cost_repeated", 35)
    number("calls", 26)
    if let prompt = row.optionalInt(27), let completion = row.optionalInt(28) {
      object.append("usage", ["prompt_tokens": .int(prompt), "completion_tokens": .int(completion)])
    }
    number("duration_ms", 29)
    text("digest", 30)
    number("digest_events", 31)
    if let by = row.optionalText(32) { object.append("forgotten", ["by": .string(by)]) }
    text("trace", 33)
    text("key", 34)
    return .object(object)
  }

  /// What a list may be narrowed to.
  struct Filter {
    var tenant: String?
    var status: String?
    var mode: String?
    var model: String?
    /// The deliberation whose answers were judged again.
    var replays: String?
    var since: Int64?
    var until: Int64?
    var limit = 50
    /// Where the page before ended: the time and the id of its last one.
    var cursor: (asked: Int64, id: String)?
  }

  /// The newest first, a page at a time.
  func list(_ filter: Filter) throws(StoreError) -> JSON {
    var conditions: [String] = []
    var values: [Value] = []
    for (column, value) in [
      ("tenant", filter.tenant), ("state", filter.status), ("mode", filter.mode), ("answer_model", filter.model),
      ("replays", filter.replays),
    ] {
      guard let value else { continue }
      conditions.append("\(column) = ?")
      values.append(.text(value))
    }
    if let since = filter.since {
      conditions.append("asked >= ?")
      values.append(.int(since))
    }
    if let until = filter.until {
      conditions.append("asked < ?")
      values.append(.int(until))
    }
    if let cursor = filter.cursor {
      conditions.append("(asked, id) < (?, ?)")
      values += [.int(cursor.asked), .text(cursor.id)]
    }
    let found = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    values.append(Value(filter.limit + 1))
    let rows = try statements(
      "SELECT \(Self.summaryColumns) FROM deliberations \(found) ORDER BY asked DESC, id DESC LIMIT ?"
    ).rows(values) { (Self.summary($0), $0.int(10), $0.text(0)) }
    let page = rows.prefix(filter.limit)
    var object: JSONObject = ["deliberations": .array(page.map(\.0))]
    if rows.count > filter.limit, let last = page.last { object.append("next", .string("\(last.1).\(last.2)")) }
    return .object(object)
  }

  /// The calls of a page of deliberations.
  func calls(_ filter: Filter) throws(StoreError) -> JSON {
    let page = try list(filter)
    var calls: [JSON] = []
    for summary in page["deliberations"]?.array ?? [] {
      let id = summary["id"]?.string ?? ""
      for call in try self.calls(id) {
        var object: JSONObject = [
          "deliberation": .string(id), "tenant": summary["tenant"] ?? "", "asked": summary["asked"] ?? "",
        ]
        for member in call.object?.members ?? [] { object.append(member.key, member.value) }
        calls.append(.object(object))
      }
    }
    var object: JSONObject = ["calls": .array(calls)]
    object.append("next", ifPresent: page["next"])
    return .object(object)
  }

  /// Each call of a deliberation, in the order in which they were made.
  func calls(_ id: String) throws(StoreError) -> [JSON] {
    try statements(
      """
      SELECT call, purpose, model_asked, model, provider, lane, state, reason, status, execution, cost, prompt_tokens,
        completion_tokens, named, started, first_token, finished, tries, cached,
        (SELECT json_group_array(json_object('execution', execution, 'cost_units', cost)) FROM repeats r
          WHERE r.deliberation = calls.deliberation AND r.call = calls.call)
      FROM calls WHERE deliberation = ? ORDER BY coalesce(named, started, finished), call
      """
    ).rows([.text(id)]) { row in
      var object: JSONObject = ["call": .string(row.text(0)), "purpose": .string(row.text(1))]
      for (name, column) in [
        ("model_asked", 2), ("model", 3), ("provider", 4), ("lane", 5), ("state", 6), ("reason", 7), ("execution", 9),
      ] { object.append(name, ifPresent: row.optionalText(Int32(column)).map { .string($0) }) }
      for (name, column) in [("status", 8), ("prompt_tokens", 11), ("completion_tokens", 12), ("tries", 17)] {
        object.append(name, ifPresent: row.optionalInt(Int32(column)).map { .int($0) })
      }
      object.append("cost", ifPresent: row.optionalInt(10).map { .double(Money.dollars($0)) })
      for (name, column) in [("named", 13), ("started", 14), ("first_token", 15), ("finished", 16)] {
        object.append(name, ifPresent: row.optionalInt(Int32(column)).map(Self.time))
      }
      if row.int(18) != 0 { object.append("cached", true) }
      let repeats = ((try? JSON.parse(row.text(19)))?.array ?? []).map { repeated -> JSON in
        [
          "execution": repeated["execution"] ?? "",
          "cost": .double(Money.dollars(repeated["cost_units"]?.int ?? 0)),
        ]
      }
      if !repeats.isEmpty { object.append("repeated", .array(repeats)) }
      return .object(object)
    }
  }
}
