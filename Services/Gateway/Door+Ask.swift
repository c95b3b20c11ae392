import Bus
import Deliberation
import Folding
import Settings
import Telemetry
import Web

extension Door {
  /// A question: parsed here so that what can be refused is refused without the bus, then written to `requests`.
  func ask(_ request: ServerRequest, _ form: Form, _ responder: Responder) throws(Failure) {
    let tenant = try tenant(request)
    let body = try parse(request)
    let depth = request.header("x-openrouter-fusion-depth").flatMap(Int.init) ?? 0
    let checked = try check(body, form, depth)
    let address = try reachable()
    let deliberation: String
    let key = request.header("Idempotency-Key")
    if let key {
      guard !key.isEmpty, key.utf8.count <= 256 else {
        throw Failure(400, "invalid_request", "Idempotency-Key: takes 1 to 256 bytes.")
      }
      deliberation = IDs.deliberation(tenant: tenant, key: key)
    } else {
      deliberation = IDs.deliberation(
        time: Moment(milliseconds: WallClock.now()), random: (0..<10).map { _ in UInt8.random(in: .min ... .max) })
    }
    var ask: JSONObject = [
      "request": body, "form": .string(form.rawValue), "tenant": .string(tenant), "priority": "interactive",
      "stream": "none", "body_sha256": .string(Hex.text(SHA256.hash(request.body))), "reply": address.json,
    ]
    if depth > 0 { ask.append("depth", .int(Int64(depth))) }
    let now = WallClock.now()
    let client = Waiting.Client(
      responder: responder, since: now, until: now + checked.deadline + 15_000)
    // Before the ask is written, so that the answer cannot come before its client.
    guard waiting.add(deliberation, client, maximum: limits.maxOpen * 4) else {
      var failure = Failure(
        429, "rate_limit_exceeded", "Too many clients wait for an answer here. Try again in a second.")
      failure.retryAfter = 1
      throw failure
    }
    responder.onClose { [self] in
      // Whoever sends a key means to come back for the answer.
      guard waiting.leave(deliberation, responder), key == nil else { return }
      write(cancel: deliberation, members: nil) { [log] result in
        if case .failure(let error) = result { log.warning("cancel.lost", ("id", deliberation), ("error", error)) }
      }
    }
    let output = Output(
      destination: .events, id: sender.uniqueID(), type: "conclave.ask.v1", subject: deliberation, key: deliberation,
      value: JSON.object(ask).bytes)
    let record = sender.record(
      output, topic: topics.requests, partition: nil, traceparent: request.header("traceparent"))
    producer.send(record) { [waiting, log] result in
      switch result {
      case .success: waiting.acknowledged(deliberation)
      case .failure(let error):
        log.warning("ask.refused", ("id", deliberation), ("error", error))
        for client in waiting.take(deliberation) {
          Failure(503, "provider_unavailable", "The message bus did not take the ask: \(error)").respond(
            client.responder)
        }
      }
    }
  }

  /// Gives a deliberation up, or one member of its panel.
  func cancel(
    _ deliberation: String, _ member: Int?, _ request: ServerRequest, _ responder: Responder
  ) throws(Failure) {
    _ = try tenant(request)
    guard IDs.isUsable(deliberation) else {
      throw Failure(404, "not_found", "\(deliberation.prefix(80)) is no id of a deliberation.")
    }
    if let member, !(0..<8).contains(member) {
      throw Failure(404, "not_found", "A panel has members 0 to 7; there is no member \(member).")
    }
    _ = try reachable()
    write(cancel: deliberation, members: member.map { [$0] }) { result in
      switch result {
      case .success:
        let body: JSON = [
          "id": .string(deliberation), "status": "open",
          "links": ["self": .string("/v1/deliberations/\(deliberation)")],
        ]
        responder.respond(202, Failure.headers(deliberation), body.bytes)
      case .failure(let error):
        Failure(503, "provider_unavailable", "The message bus did not take the request to cancel: \(error)")
          .respond(responder)
      }
    }
  }

  private func write(
    cancel deliberation: String, members: [Int]?, _ done: @escaping @Sendable (Result<Position, BusError>) -> Void
  ) {
    let request = CancelRequested(by: .client, members: members)
    let output = Output(
      destination: .events, id: sender.uniqueID(), type: "conclave.cancel.v1", subject: deliberation, key: nil,
      value: request.json.bytes)
    producer.send(sender.record(output, topic: topics.cancels, partition: nil, traceparent: nil), done)
  }

  /// The parser that intake uses too.
  private func check(_ body: JSON, _ form: Form, _ depth: Int) throws(Failure) -> Ask {
    do throws(AskError) {
      return try Ask.parse(request: body, form: form, depth: depth, recordedPanel: nil, catalogue: catalogue)
    } catch {
      var failure = Failure(error.status, error.type, error.message)
      failure.path = error.path
      throw failure
    }
  }

  private func parse(_ request: ServerRequest) throws(Failure) -> JSON {
    let type = request.header("Content-Type") ?? ""
    guard type.lowercased().hasPrefix("application/json") else {
      throw Failure(400, "invalid_request", "Content-Type: must be application/json, not \"\(type.prefix(80))\".")
    }
    do { return try JSON.parse(request.body) } catch {
      throw Failure(400, "invalid_request", "The body is not JSON: \(error)")
    }
  }
}
