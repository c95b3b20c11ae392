internal import Bus
internal import Deliberation
internal import Folding
internal import Threads
internal import Web

extension Door {
  /// Finds a deliberation of this tenant and goes on with it; whatever is another's is not there.
  private func find(
    _ id: String, _ visit: Visit, _ visitor: Visitor,
    _ body: @escaping @Sendable (Records.Known) async throws(Failure) -> Void
  ) throws(Failure) {
    guard IDs.isUsable(id) else { throw Failure.unknown(id) }
    let place = try lookups.take(visitor)
    visit.note(deliberation: id)
    Task {
      defer { withExtendedLifetime(place) {} }
      do throws(Failure) {
        switch await records.find(id) {
        case .unreachable(let failure): throw failure
        case .known(let found) where found.tenant == visitor.tenant: try await body(found)
        case .known, .missing: throw Failure.unknown(id)
        }
      } catch { error.respond(visit) }
    }
  }

  func deliberation(_ id: String, _ visit: Visit, _ visitor: Visitor) throws(Failure) {
    try find(id, visit, visitor) { found in visit.respond(200, Failure.headers(id), Self.body(id, found)) }
  }

  private static func body(_ id: String, _ found: Records.Known) -> [UInt8] {
    var object = link(id, status: found.status).object ?? JSONObject()
    object.append("result", ifPresent: found.result?.body)
    return JSON.object(object).bytes
  }

  func generation(_ visit: Visit, _ visitor: Visitor) throws(Failure) {
    guard let id = visit.request.query.first(where: { $0.0 == "id" })?.1, !id.isEmpty else {
      throw Failure(400, "invalid_request", "id is missing: GET /v1/generation?id=gen-…", path: "id")
    }
    let records = records
    try find(id, visit, visitor) { _ throws(Failure) in
      guard let generation = try await records.generation(id) else {
        throw Failure(404, "not_found", "The deliberation \(id) has no answer yet.")
      }
      visit.respond(200, Failure.headers(id), generation.bytes)
    }
  }

  // MARK: events

  /// How long a live stream waits for what is new before it looks whether anybody reads still.
  private static let patience = Duration.seconds(1)

  func events(_ id: String, _ visit: Visit, _ visitor: Visitor) throws(Failure) {
    let isLive = visit.request.header("Accept")?.lowercased().contains("text/event-stream") ?? false
    let (records, followers) = (records, followers)
    try find(id, visit, visitor) { _ throws(Failure) in
      if isLive {
        let place = try followers.take(visitor)
        Task {
          do throws(Failure) { try await Self.follow(id, visit, records) } catch { error.respond(visit) }
          withExtendedLifetime(place) {}
        }
        return
      }
      var events: [JSON] = []
      var place: Int64 = 0
      while true {
        let page = try await records.events(id, after: place)
        events += page.events
        guard page.next > place, !page.events.isEmpty else { break }
        place = page.next
      }
      visit.respond(200, Failure.headers(id), (["id": .string(id), "events": .array(events)] as JSON).bytes)
    }
  }

  /// What a follower may leave unread before it is waited for.
  private static let pending = 256_000

  /// What has happened, then what happens, until it has ended or nobody reads.
  private static func follow(_ id: String, _ visit: Visit, _ records: Records) async throws(Failure) {
    var page = try await records.events(id, after: 0)
    // a reader that was cut off says what it has seen
    if let last = visit.request.header("Last-Event-ID"),
      let seen = page.events.firstIndex(where: { $0["id"]?.string == last })
    {
      page.events.removeFirst(seen + 1)
    }
    let isGone = Lock(false)
    visit.onClose { isGone.withLock { $0 = true } }
    let writer = visit.stream(
      200,
      [
        ("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"), ("X-Generation-Id", id),
      ])
    var spoke = ContinuousClock.now
    while !isGone.withLock({ $0 }) {
      for event in page.events {
        // a reader that is slow is waited for, one that has stopped is gone by and by
        while writer.bufferedBytes > Self.pending, !isGone.withLock({ $0 }) {
          try? await Task.sleep(for: .milliseconds(20))
        }
        let head = Array("id: \(event["id"]?.string ?? "")\n".utf8)
        guard writer.write(head + SSE.event(event.bytes, event: event["type"]?.string)) else { return }
      }
      if page.isOver {
        writer.finish()
        return visit.ended(200)
      }
      let now = ContinuousClock.now
      if !page.events.isEmpty { spoke = now }
      if now - spoke >= .milliseconds(Client.keepAlive) {
        guard writer.write(Client.comment) else { return }
        spoke = now
      }
      do throws(Failure) { page = try await records.events(id, after: page.next, wait: patience) } catch {
        // a ledger that is away for a moment ends no stream
        page.events = []
        try? await Task.sleep(for: patience)
      }
    }
  }

  // MARK: giving up

  /// Gives a deliberation up, or one member of its panel.
  func cancel(_ id: String, _ member: Int?, _ visit: Visit, _ visitor: Visitor) throws(Failure) {
    guard IDs.isUsable(id) else { throw Failure.unknown(id) }
    if let member, !(0..<8).contains(member) {
      throw Failure(404, "not_found", "A panel has members 0 to 7; there is no member \(member).")
    }
    _ = try reachable()
    let place = try lookups.take(visitor)
    visit.note(deliberation: id)
    Task {
      var trace: String?
      defer { withExtendedLifetime(place) {} }
      do throws(Failure) {
        switch await records.find(id) {
        case .unreachable(let failure): throw failure
        case .known(let found):
          guard found.tenant == visitor.tenant else { throw Failure.unknown(id) }
          trace = found.trace
          if let member, let members = found.members, member >= members {
            throw Failure(404, "not_found", "The panel of \(id) has \(members) members; there is no member \(member).")
          }
          guard found.isOpen else { return visit.respond(200, Failure.headers(id), Self.body(id, found)) }
        case .missing:
          // Without a ledger nobody knows what another gateway or a pipeline asked: where all keys are one tenant's
          // it may be theirs.
          guard !records.hasLedger, keys.tenants.count <= 1 else { throw Failure.unknown(id) }
        }
      } catch { return error.respond(visit) }
      write(cancel: id, members: member.map { [$0] }, trace: trace) { result in
        switch result {
        case .success: visit.respond(202, Failure.headers(id), Self.link(id, status: "open").bytes)
        case .failure(let error):
          Failure(503, "provider_unavailable", "The message bus did not take the request to cancel: \(error)")
            .respond(visit)
        }
      }
    }
  }
}
