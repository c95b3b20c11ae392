internal import Deliberation
internal import Store
internal import Telemetry
internal import Web

/// The ledger's own interface: what the gateway and the command line ask. Everything under `/v1` answers JSON.
final class LedgerDoor: Sendable {
  let readers: Readers
  let news: News
  let forgetting: Forgetting?
  /// The number of this life of the bus.
  let life: Int64
  private let token: [UInt8]?
  private let log: Log
  private let requests: Counter

  init(
    readers: Readers, news: News, forgetting: Forgetting?, life: Int64, token: String?, log: Log, metrics: Metrics
  ) {
    self.readers = readers
    self.news = news
    self.forgetting = forgetting
    self.life = life
    self.token = token.map { Array($0.utf8) }
    self.log = log
    requests = metrics.counter("conclave_ledger_requests_total", "Questions that came in over HTTP.")
  }

  func enter(_ request: ServerRequest, _ responder: Responder) {
    requests.add()
    do throws(Refusal) {
      guard isAllowed(request) else {
        throw Refusal(
          401, "authentication", "send the ledger's token (CONCLAVE_LEDGER_TOKEN) as `Authorization: Bearer …`")
      }
      try route(request, responder)
    } catch {
      error.respond(responder)
    }
  }

  private func isAllowed(_ request: ServerRequest) -> Bool {
    guard let token else { return true }
    guard let header = request.header("Authorization"), header.lowercased().hasPrefix("bearer ") else { return false }
    let given = Array(header.dropFirst(7).utf8)
    guard given.count == token.count else { return false }
    // as long for a wrong one as for a right one
    var difference: UInt8 = 0
    for index in given.indices { difference |= given[index] ^ token[index] }
    return difference == 0
  }

  private func route(_ request: ServerRequest, _ responder: Responder) throws(Refusal) {
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    let query = Query(request.query)
    guard parts.first == "v1", parts.count >= 2 else { throw Refusal.notFound(request.path) }
    if request.method == "POST", parts[1...] == ["forgotten"] {
      guard let forgetting else {
        throw Refusal(503, "provider_unavailable", "the bus is not connected yet; try again")
      }
      let asked = try Forgetting.Asked(request.body)
      return answer(responder) { archive throws(StoreError) in forgetting.forget(asked, archive, responder) }
    }
    guard request.method == "GET" else { throw Refusal(405, "invalid_request", "\(request.path) takes GET") }
    switch (parts[1], parts.dropFirst(2).first, parts.dropFirst(3).first, parts.count) {
    case ("deliberations", nil, nil, 2):
      let filter = try query.filter()
      reply(responder) { archive throws(StoreError) in try archive.list(filter) }
    case ("deliberations", let id?, nil, 3):
      try one(query, responder) { archive throws(StoreError) in try archive.result(id) }
    case ("deliberations", let id?, "timeline", 4):
      try one(query, responder) { archive throws(StoreError) in try archive.timeline(id) }
    case ("deliberations", let id?, "events", 4):
      let (after, limit, wait, isBrief) = try query.page()
      let (tenant, last) = (query["tenant"], try query.number("last", in: 0...100_000))
      follow(responder, wait: wait, isEmpty: { $0["events"]?.array?.isEmpty ?? false }) { archive throws(StoreError) in
        guard let summary = try archive.summary(id), tenant == nil || summary["tenant"]?.string == tenant else {
          return nil
        }
        let after =
          try last.map { (last) throws(StoreError) in max(after, try archive.seq(before: last, of: id)) } ?? after
        let rows = try archive.rows(of: id, after: after, most: limit)
        return Self.page(rows, after: after, isBrief).adding("status", summary["status"] ?? "open")
      }
    case ("records", nil, nil, 2):
      let (after, limit, wait, isBrief) = try query.page()
      follow(responder, wait: wait, isEmpty: { $0["events"]?.array?.isEmpty ?? false }) { archive throws(StoreError) in
        Self.page(try archive.rows(after: after, most: limit), after: after, isBrief)
      }
    case ("end", nil, nil, 2):
      let life = life
      reply(responder) { archive throws(StoreError) in ["next": .int(try archive.lastSeq), "log": .int(life)] }
    case ("calls", nil, nil, 2):
      let filter = try query.filter()
      reply(responder) { archive throws(StoreError) in try archive.calls(filter) }
    case ("search", nil, nil, 2):
      guard let words = query["q"], !words.isEmpty else {
        throw Refusal(400, "invalid_request", "q is missing: write what to look for, as /v1/search?q=words")
      }
      let (tenant, limit) = (query["tenant"], try query.number("limit", in: 1...200) ?? 20)
      reply(responder) { archive throws(StoreError) in try archive.search(words, tenant: tenant, limit: limit) }
    case ("totals", nil, nil, 2):
      let (tenant, since, until) = (query["tenant"], query["since"], query["until"])
      reply(responder) { archive throws(StoreError) in
        try archive.totals(tenant: tenant, since: since, until: until)
      }
    case ("generation", nil, nil, 2):
      guard let id = query["id"] else { throw Refusal(400, "invalid_request", "id is missing") }
      try one(query, responder) { archive throws(StoreError) in try archive.generation(id) }
    case ("verification", nil, nil, 2):
      let id = query["id"]
      reply(responder) { archive throws(StoreError) in
        guard let id else { return try Audit.all(archive).json }
        return try archive.summary(id) == nil ? nil : try Audit.one(id, archive).json
      }
    default: throw Refusal.notFound(request.path)
    }
  }

  private static func page(_ rows: [Archive.Row], after: Int64, _ isBrief: Bool) -> JSON {
    ["events": .array(rows.map { $0.json(withData: !isBrief) }), "next": .int(rows.last?.seq ?? after)]
  }

  /// One deliberation; another tenant's is not there.
  private func one(
    _ query: Query, _ responder: Responder, _ body: @escaping @Sendable (Archive) throws(StoreError) -> JSON?
  ) throws(Refusal) {
    let tenant = query["tenant"]
    reply(responder) { archive throws(StoreError) in
      guard let json = try body(archive) else { return nil }
      let owner = json["tenant"] ?? json["deliberation"]?["tenant"] ?? json["data"]?["tenant"]
      return tenant == nil || owner?.string == tenant ? json : nil
    }
  }

  private func reply(
    _ responder: Responder, _ body: @escaping @Sendable (Archive) throws(StoreError) -> JSON?
  ) {
    answer(responder) { archive throws(StoreError) in
      if let json = try body(archive) {
        responder.respond(200, Refusal.json, json.bytes)
      } else {
        Refusal(404, "not_found", "the ledger knows nothing of that id").respond(responder)
      }
    }
  }

  /// As `reply`, but an empty page waits until something is written, at most so long.
  private func follow(
    _ responder: Responder, wait: Duration, isEmpty: @escaping @Sendable (JSON) -> Bool,
    _ body: @escaping @Sendable (Archive) throws(StoreError) -> JSON?
  ) {
    let until = ContinuousClock.now + wait
    let mark = news.mark
    answer(responder) { [self] archive throws(StoreError) in
      guard let json = try body(archive) else {
        return Refusal(404, "not_found", "the ledger knows nothing of that id").respond(responder)
      }
      let left = until - ContinuousClock.now
      guard isEmpty(json), left > .zero else { return responder.respond(200, Refusal.json, json.bytes) }
      news.wait(after: mark, within: left) { [self] in
        follow(responder, wait: max(.zero, until - ContinuousClock.now), isEmpty: isEmpty, body)
      }
    }
  }

  private func answer(_ responder: Responder, _ body: @escaping Readers.Question) {
    let isTaken = readers.ask { archive throws(StoreError) in
      do throws(StoreError) { try body(archive) } catch {
        Refusal(503, "provider_unavailable", error.description).respond(responder)
        throw error
      }
    }
    if !isTaken {
      Refusal(503, "provider_unavailable", "too many questions wait already; try again").respond(responder)
    }
  }
}

extension JSON {
  func adding(_ key: String, _ value: JSON) -> JSON {
    guard var object else { return self }
    object.append(key, value)
    return .object(object)
  }
}
