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
    let depth = visit.request.header("x-openrouter-fusion-depth").flatMap(Int.init) ?? 0
    let ask = try check(body, form, max(0, min(1_000, depth)))
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
          // while it is open the log decides: what this gateway remembers may be an ask that is about to be refused
          if !found.isOpen, let hash = found.bodyHash, hash != question.bodyHash(visit) {
            throw Failure(
              422, "unprocessable",
              "This Idempotency-Key was used with another body. Use a new key for a new question.",
              path: "Idempotency-Key")
          }
          guard let (code, body) = found.result else { return try send(question, visit, visitor) }
          client(question, visit, nil).answer(code, body)
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

    func bodyHash(_ visit: Visit) -> String { Hex.text(SHA256.hash(visit.request.body)) }
  }

  private func client(_ question: Question, _ visit: Visit, _ entry: Recollection.Entry?) -> Client {
    let now = WallClock.now()
    let requested = question.body["model"]?.string ?? ""
    let metadata =
      visit.wantsMetadata ? OpenRouterMetadata(requested: requested, question.ask, catalogue) : nil
    let manner: Client.Manner
    if !question.isAttended {
      manner = .nobody
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
    let partitions = producer.partitions(of: topics.events) ?? 1
    let load = Admission.Load(
      question: visit.request.body.count, members: question.ask.panel.count,
      partition: Partitioner.murmur2(Array(question.id.utf8), partitions: partitions))
    let now = WallClock.now()
    let ticket: Entrance.Ticket
    do throws(Failure) { ticket = try entrance.enter(visitor, load, now: now) } catch {
      visit.add(headers: entrance.headers(visitor, now: now))
      throw error
    }
    visit.add(headers: entrance.headers(visitor, now: now))
    let entry = Recollection.Entry(
      tenant: visitor.tenant, ask: sender.uniqueID(), form: question.form, bodyHash: question.bodyHash(visit),
      isStreamed: question.isStreamed, asked: now)
    let client = client(question, visit, entry)
    client.hold(ticket)
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
        let trace = Trace.trace(of: visit.request.header("traceparent"), subject: question.id)
        write(cancel: question.id, members: nil, trace: trace) { [log] result in
          guard case .failure(let error) = result else { return }
          log.warning("cancel.lost", ("id", question.id), ("error", error), ("trace", trace ?? ""))
        }
      }
    }
    write(question, entry, address, visit)
  }

  private func write(
    _ question: Question, _ entry: Recollection.Entry, _ address: ReplyAddress, _ visit: Visit
  ) {
    // Without a ledger the steps are all that anybody can be told of a deliberation that nobody waits for.
    let watches = question.isStreamed || (!question.isAttended && !records.hasLedger)
    let kind: StreamKind = !watches ? .none : question.form == .responses && question.isStreamed ? .panel : .answer
    var ask: JSONObject = [
      "request": question.body, "form": .string(question.form.rawValue), "tenant": .string(entry.tenant),
      "priority": .string((question.ask.priority ?? .interactive).rawValue), "stream": .string(kind.rawValue),
      "body_sha256": .string(entry.bodyHash), "reply": address.json,
    ]
    if question.depth > 0 { ask.append("depth", .int(Int64(question.depth))) }
    if let seconds = visit.cacheSeconds { ask.append("cache", ["ttl_seconds": .int(seconds)]) }
    let output = Output(
      destination: .events, id: entry.ask, type: "conclave.ask.v1", subject: question.id, key: question.id,
      value: JSON.object(ask).bytes)
    var record = sender.record(
      output, topic: question.ask.priority == .bulk ? topics.requestsBulk : topics.requests, partition: nil,
      traceparent: visit.request.header("traceparent"))
    record.step = Outgoing.Step(parent: visit.begins(question.id))
    producer.send(record) { [waiting, known, records, log] result in
      switch result {
      case .success:
        waiting.acknowledged(question.id)
        if !question.isAttended { Task { await Self.accepted(question.id, visit, records) } }
      case .failure(let error):
        log.warning("ask.refused", ("id", question.id), ("error", error))
        known.drop(question.id)
        let failure = Failure(503, "provider_unavailable", "The message bus did not take the ask: \(error)")
        waiting.refused(question.id, failure)
        if !question.isAttended { failure.respond(visit) }
      }
    }
  }

  /// An ask that nobody waits for is answered when it cannot be lost any more.
  private static func accepted(_ id: String, _ visit: Visit, _ records: Records) async {
    _ = await records.holds(id, within: .seconds(2))
    visit.respond(202, Failure.headers(id), link(id, status: "open").bytes)
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
