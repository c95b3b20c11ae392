internal import Deliberation
internal import Store

extension Archive {
  /// What `show` needs: the deliberation, its calls, and every record of it.
  func timeline(_ id: String) throws(StoreError) -> JSON? {
    guard let summary = try summary(id) else { return nil }
    let rows = try rows(of: id)
    return [
      "deliberation": summary, "calls": .array(try calls(id)), "events": .array(rows.map(\.json)),
    ]
  }

  /// What a client gets: the state, and when it has ended the body that its asker got.
  func result(_ id: String) throws(StoreError) -> JSON? {
    guard let summary = try summary(id) else { return nil }
    var object: JSONObject = [
      "id": .string(id), "status": summary["status"] ?? "open", "tenant": summary["tenant"] ?? "",
      "deliberation": summary,
    ]
    guard summary["status"]?.string != "open" else {
      object.append("body_sha256", ifPresent: try bodyHash(id).map { .string($0) })
      return .object(object)
    }
    guard summary["forgotten"] == nil else { return .object(object) }
    if let state = try folded(id), let result = Results.result(state) {
      object.append("code", .int(Int64(result.code)))
      object.append("result", result.body)
      if case .requested? = state.ask.map({ Event.requested($0.value) }) {
        object.append("body_sha256", ifPresent: state.ask.map { .string($0.value.bodyHash) })
      }
    }
    return .object(object)
  }

  /// Of the body that a deliberation began with; nil before the log says so.
  private func bodyHash(_ id: String) throws(StoreError) -> String? {
    try statements(
      """
      SELECT json_extract(CAST(value AS TEXT), '$.body_sha256') FROM events
      WHERE subject = (SELECT number FROM subjects WHERE id = ?) AND type = ? AND standing = 0 ORDER BY seq LIMIT 1
      """
    ).rows([.text(id), .text("conclave.deliberation.requested.v1")]) { $0.optionalText(0) }.first ?? nil
  }

  static let searchPages = 20

  /// Texts that hold all the words, the newest first. `complete` is false where there may be more of that tenant further
  /// back than was looked; `behind` is how many records the full text does not hold yet.
  func search(_ words: String, tenant: String?, limit: Int) throws(StoreError) -> JSON {
    let match = Self.match(words)
    guard !match.isEmpty else { return ["found": [], "complete": true] }
    let file = try search()
    let texts = try file.prepare(
      """
      SELECT rowid, snippet(texts, 0, '[', ']', '…', 16) FROM texts WHERE texts MATCH ? AND rowid < ?
      ORDER BY rowid DESC LIMIT ?
      """)
    var found: [JSON] = []
    var before = Int64.max
    var isComplete = false
    // a tenant of whom little is there among much of others is looked for in so many pages
    for _ in 0..<Self.searchPages {
      let page = try texts.rows([.text(match), .int(before), Value(limit)]) { ($0.int(0), $0.text(1)) }
      for (seq, snippet) in page {
        before = seq
        if found.count < limit, let hit = try hit(seq, snippet, tenant) { found.append(hit) }
      }
      isComplete = page.count < limit || found.count >= limit
      if isComplete { break }
    }
    // the full text follows: what it does not hold yet cannot be found
    let behind = try lastSeq - (file.number("SELECT seq FROM progress") ?? 0)
    return ["found": .array(found), "complete": .bool(isComplete), "behind": .int(max(0, behind))]
  }

  private func hit(_ seq: Int64, _ snippet: String, _ tenant: String?) throws(StoreError) -> JSON? {
    try statements(
      """
      SELECT d.id, d.tenant, d.asked, d.question, e.type, e.id FROM events e JOIN subjects s ON s.number = e.subject
      JOIN deliberations d ON d.id = s.id WHERE e.seq = ? AND e.erased = 0
      """
    ).rows([.int(seq)]) { row -> JSON? in
      guard tenant == nil || row.text(1) == tenant else { return nil }
      var object: JSONObject = [
        "id": .string(row.text(0)), "tenant": .string(row.text(1)), "asked": Self.time(row.int(2)),
        "event": .string(row.text(5)), "text": .string(snippet),
      ]
      object.append("question", ifPresent: row.optionalText(3).map { .string($0) })
      return .object(object)
    }.first ?? nil
  }

  /// Words as the index understands them: all of them, a phrase where quotes are around it; nothing in them is an operator.
  static func match(_ words: String) -> String {
    var terms: [String] = []
    for (index, part) in words.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
      let inside = index % 2 == 1 ? [part] : part.split(whereSeparator: \.isWhitespace)
      for term in inside where term.contains(where: { $0.isLetter || $0.isNumber }) {
        terms.append("\"" + term.filter { $0 != "\0" } + "\"")
      }
    }
    return terms.prefix(32).joined(separator: " ")
  }
}
