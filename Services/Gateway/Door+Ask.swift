internal import Bus
internal import Deliberation
internal import Folding
internal import Telemetry
internal import Web

extension Door {
  /// A question: parsed here so that what can be refused is refused without the bus. `form` is nil where the client does
  /// not wait for the answer; the body then shows which it is.
  func ask(_ form: Form?, _ visit: Visit, _ visitor: Visitor) throws(Failure) {
    let body = try parse(visit)
    let isAttended = form != nil
    let form = form ?? (body["input"] != nil && body["messages"] == nil ? .responses : .chat)
    let depth = max(0, min(1_000, visit.request.header("x-openrouter-fusion-depth").flatMap(Int.init) ?? 0))
    let ask = try check(body, form, depth)
    let key = try idempotencyKey(visit)
    let question = Question(
      body: body, form: form, ask: ask, depth: depth, isStreamed: isAttended && body["stream"]?.bool == true,
      isAttended: isAttended, isKept: key != nil,
      id: key.map { IDs.deliberation(tenant: visitor.tenant, key: $0) }
        ?? IDs.deliberation(
          time: Moment(milliseconds: WallClock.now()), random: (0..<10).map { _ in UInt8.random(in: .min ... .max) }))
    guard key != nil, records.hasLedger || known[question.id] != nil else {
      return try send(question, visit, visitor)
    }
    // The key may name what is open or has ended: here, at another gateway, or before anybody now alive.
    Task {
      do throws(Failure) {
        switch await records.find(question.id) {
        case .unreachable(let failure): throw failure
        case .missing: try send(question, visit, visitor)
        case .known(let found):
          if let hash = found.bodyHash, hash != question.bodyHash(visit) { throw Failure.otherBody }
          if found.isOpen { return try send(question, visit, visitor) }
          visit.note(deliberation: question.id)
          let client = client(question, visit, nil)
          client.accept(found.status)
          guard let (code, body) = found.result else { return client.fail(.gone) }
          client.answer(code, body)
        }
      } catch { error.respond(visit) }
    }
  }

  /// What a request comes to.
  struct Question: Sendable {
    let body: JSON
    let form: Form
    let ask: Ask
    let depth: Int
    let isStreamed: Bool
    let isAttended: Bool
    /// The client sent a key, so it means to come back.
    let isKept: Bool
    let id: String

    /// One body asked for in two forms is two questions: neither is answered in the other's form.
    func bodyHash(_ visit: Visit) -> String {
      let body = visit.request.body
      return Hex.text(SHA256.hash(form == .responses ? Array("responses\n".utf8) + body : body))
    }
  }

  private func client(_ question: Question, _ visit: Visit, _ entry: Recollection.Entry?) -> Client {
    let now = WallClock.now()
    let requested = question.body["model"]?.string ?? ""
    let metadata =
      visit.wantsMetadata ? OpenRouterMetadata(requested: requested, question.ask, catalogue) : nil
    let manner: Client.Manner
    if !question.isAttended {
      manner = .acceptance
    } else if !question.isStreamed {
      manner = .whole(metadata)
    } else if question.form == .chat {
      manner = .stream(
        ChatStream(id: question.id, created: now / 1000, model: question.ask.answerer.model, metadata: metadata))
    } else {
      manner = .stream(
        ResponsesStream(
          id: question.id, created: now / 1000, model: question.ask.answerer.model,
          panel: question.ask.panel.map(\.asked), metadata: metadata))
    }
    return Client(question.id, entry, visit, manner, since: now, until: now + question.ask.deadline + 15_000)
  }

  /// Lets it in and writes it to `requests`.
  private func send(_ question: Question, _ visit: Visit, _ visitor: Visitor) throws(Failure) {
    let address = try reachable()
    let now = WallClock.now()
    var entry = Recollection.Entry(
      tenant: visitor.tenant, ask: sender.uniqueID(), form: question.form, bodyHash: question.bodyHash(visit),
      isStreamed: question.isStreamed, asked: now)
    entry.members = question.ask.panel.count
    let record = try record(question, entry, address, visit, visitor)
    let ticket = try enter(question, visit, visitor, now)
    let client = client(question, visit, entry)
    if let ticket { client.hold(ticket) }
    visit.note(deliberation: question.id)
    known.begin(question.id, entry)
    // Before the ask is written, so that the answer cannot come before its client.
    guard waiting.add(client) else {
      client.leave(entrance, cost: 0)
      throw Failure(503, "provider_overloaded", "This gateway is stopping. Ask again.", retryAfter: 1)
    }
    if question.isAttended {
      visit.onClose { [self] in
        // Whoever sends a key means to come back for the answer.
        guard waiting.leave(client), !question.isKept else { return }
        cancel(client)
      }
    }
    write(record, question, client)
  }

  /// Nil: it comes along with an ask of the same key that nobody waits for any more, and takes no room of its own.
  private func enter(
    _ question: Question, _ visit: Visit, _ visitor: Visitor, _ now: Int64
  ) throws(Failure) -> Entrance.Ticket? {
    defer { visit.add(headers: entrance.headers(visitor, now: now)) }
    if question.isKept, waiting.isDeserted(question.id, tenant: visitor.tenant) {
      try entrance.join(visitor, now: now)
      return nil
    }
    let partitions = producer.partitions(of: topics.events) ?? 1
    let load = Admission.Load(
      question: visit.request.body.count, members: question.ask.panel.count,
      partition: Partitioner.murmur2(Array(question.id.utf8), partitions: partitions))
    return try entrance.enter(visitor, load, now: now)
  }

  private func record(
    _ question: Question, _ entry: Recollection.Entry, _ address: ReplyAddress, _ visit: Visit, _ visitor: Visitor
  ) throws(Failure) -> Outgoing {
    // Without a ledger the steps are all that anybody can be told of a deliberation that nobody waits for.
    let watches = question.isStreamed || (!question.isAttended && !records.hasLedger)
    let kind: StreamKind = !watches ? .none : question.form == .responses && question.isStreamed ? .panel : .answer
    var ask: JSONObject = [
      "request": question.body, "form": .string(question.form.rawValue), "tenant": .string(entry.tenant),
      "priority": .string((question.ask.priority ?? .interactive).rawValue), "stream": .string(kind.rawValue),
      "body_sha256": .string(entry.bodyHash), "reply": address.json,
    ]
    ask.append("key", ifPresent: keys.mark(visitor).map { .string($0) })
    if question.depth > 0 { ask.append("depth", .int(Int64(question.depth))) }
    if let seconds = visit.cacheSeconds { ask.append("cache", ["ttl_seconds": .int(seconds)]) }
    let output = Output(
      destination: .events, id: entry.ask, type: "conclave.ask.v1", subject: question.id, key: question.id,
      value: JSON.object(ask).bytes)
    var record = sender.record(
      output, topic: question.ask.priority == .bulk ? topics.requestsBulk : topics.requests, partition: nil,
      traceparent: visit.request.header("traceparent"))
    // the fields that mean nothing here travel too
    guard record.size <= catalogue.recordBytes else {
      throw Failure(
        413, "payload_too_large",
        "The request makes a record of \(record.size) bytes; limits.record_bytes is \(catalogue.recordBytes).")
    }
    record.step = Outgoing.Step(parent: visit.begins(question.id))
    return record
  }

  private func write(_ record: Outgoing, _ question: Question, _ client: Client) {
    producer.send(record) { [self] result in
      switch result {
      case .success:
        guard client.acknowledged(WallClock.now()) else {
          // It was told to ask again, so this one is not to be paid for; under a key it is the same one.
          if !question.isKept { cancel(client) }
          return
        }
        if !question.isAttended { Task { await accepted(question, client) } }
      case .failure(let error):
        log.warning("ask.refused", ("id", question.id), ("error", error))
        waiting.refused(client, Failure(503, "provider_unavailable", "The message bus did not take the ask: \(error)"))
      }
    }
  }

  /// How long the ledger may take to hold an ask that nobody waits for.
  private static let patience = Duration.seconds(10)

  /// An ask that nobody waits for is answered when it cannot be lost any more.
  private func accepted(_ question: Question, _ client: Client) async {
    let body = question.isKept ? client.entry?.bodyHash : nil
    switch await records.holds(question.id, body: body, within: Self.patience) {
    case .held(let status): client.accept(status)
    case .other: client.fail(.otherBody)
    case .lost:
      waiting.refused(
        client,
        Failure(
          503, "provider_unavailable", "The ledger does not hold the ask yet, so it could be lost. Try again.",
          retryAfter: 1))
      if !question.isKept { cancel(client) }
    }
  }

  static func link(_ id: String, status: String) -> JSON {
    let path = "/v1/deliberations/\(LedgerClient.escaped(id))"
    return [
      "id": .string(id), "status": .string(status),
      "links": [
        "self": .string(path), "events": .string("\(path)/events"),
        "generation": .string("/v1/generation?id=\(LedgerClient.escaped(id))"),
      ],
    ]
  }

  /// `trace`: the deliberation's, where it is known; what gives it up is no part of another.
  func write(
    cancel deliberation: String, members: [Int]?, trace: String?,
    _ done: @escaping @Sendable (Result<Position, BusError>) -> Void
  ) {
    let request = CancelRequested(by: .client, members: members)
    let output = Output(
      destination: .events, id: sender.uniqueID(), type: "conclave.cancel.v1", subject: deliberation, key: nil,
      value: request.json.bytes)
    let within = trace.map { "00-\($0)-\(Trace.span(deliberation))-01" }
    var record = sender.record(output, topic: topics.cancels, partition: nil, traceparent: within)
    record.step = Outgoing.Step(parent: nil)
    producer.send(record, done)
  }

  /// Gives up what nobody waits for; where that is lost it runs to its end.
  private func cancel(_ client: Client) {
    let id = client.deliberation
    let trace = client.trace
    write(cancel: id, members: nil, trace: trace) { [log] result in
      guard case .failure(let error) = result else { return }
      log.warning("cancel.lost", ("id", id), ("error", error), ("trace", trace ?? ""))
    }
  }

  private func idempotencyKey(_ visit: Visit) throws(Failure) -> String? {
    guard let key = visit.request.header("Idempotency-Key") else { return nil }
    guard !key.isEmpty, key.utf8.count <= 256 else {
      throw Failure(400, "invalid_request", "Idempotency-Key takes 1 to 256 bytes.", path: "Idempotency-Key")
    }
    return key
  }

  /// The parser that intake uses too.
  private func check(_ body: JSON, _ form: Form, _ depth: Int) throws(Failure) -> Ask {
    do throws(AskError) {
      return try Ask.parse(request: body, form: form, depth: depth, recordedPanel: nil, catalogue: catalogue)
    } catch {
      throw Failure(error.status, error.type, error.message, path: error.path)
    }
  }

  private func parse(_ visit: Visit) throws(Failure) -> JSON {
    let type = visit.request.header("Content-Type") ?? ""
    let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    guard media == "application/json" else {
      throw Failure(400, "invalid_request", "Content-Type must be application/json, not \"\(type.prefix(80))\".")
    }
    let body: JSON
    do { body = try JSON.parse(visit.request.body) } catch {
      throw Failure(400, "invalid_request", "The body is not JSON: \(error)")
    }
    guard body.object != nil else { throw Failure(400, "invalid_request", "The body must be a JSON object.") }
    return body
  }
}
