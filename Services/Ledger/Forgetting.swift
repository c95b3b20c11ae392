internal import Bus
internal import Deliberation
internal import Folding
internal import Store
internal import Telemetry
internal import Threads
internal import Web

/// Has the contents of deliberations erased: writes the tombstones. What they erase goes when they are read back, here and
/// in every other copy of the log.
final class Forgetting: Sendable {
  /// Deliberations that one request may concern; for more it is sent again.
  static let most = 5_000

  struct Asked: Sendable {
    let id: String?
    let tenant: String?
    /// Those that ended before this time.
    let before: Int64?
    let by: String
    /// How many at once, at most.
    let limit: Int

    init(_ body: [UInt8]) throws(Refusal) {
      guard let json = try? JSON.parse(body), json.object != nil else {
        throw Refusal(400, "invalid_request", "the body is no JSON object")
      }
      id = json["id"]?.string
      tenant = json["tenant"]?.string
      limit = Int(json["limit"]?.int ?? Int64(Forgetting.most))
      guard (1...Forgetting.most).contains(limit) else {
        throw Refusal(400, "invalid_request", "limit must be a whole number from 1 to \(Forgetting.most)")
      }
      by = String((json["by"]?.string ?? "operator").prefix(200))
      let text = json["before"]?.string
      before = try text.map { (text) throws(Refusal) in try Query.milliseconds("before", text) }
      guard (id == nil) != (tenant == nil && before == nil) else {
        throw Refusal(400, "invalid_request", "name an id, or a tenant, a time (before), or both of these")
      }
    }
  }

  /// How long whoever asked waits for the tombstones to be read back.
  private static let patience = Duration.seconds(30)

  private let producer: Producer
  private let topics: Topics
  private let sender: Sender
  private let readers: Readers
  private let news: News
  /// The number of this life of the bus.
  private let life: Int64
  private let log: Log

  init(
    producer: Producer, topics: Topics, sender: Sender, readers: Readers, news: News, life: Int64, log: Log
  ) {
    self.producer = producer
    self.topics = topics
    self.sender = sender
    self.readers = readers
    self.news = news
    self.life = life
    self.log = log
  }

  func forget(_ asked: Asked, _ archive: Archive, _ responder: Responder) {
    do throws(StoreError) {
      let (ids, open, hasMore) = try ids(asked, archive)
      if asked.id != nil, ids.isEmpty {
        let known = try archive.summary(asked.id ?? "")
        if known?["status"]?.string == "open" {
          return Refusal(409, "conflict", "it is still open; cancel it first (DELETE /v1/deliberations/{id})")
            .respond(responder)
        }
        guard known != nil else {
          return Refusal(404, "not_found", "the ledger knows nothing of that id").respond(responder)
        }
      }
      var records: [Outgoing] = []
      for id in ids {
        let rows = try archive.rows(of: id)
        let hashes = rows.filter { !$0.isErased }.map { Hex.text($0.hash) }
        let output = Output.event(.forgotten(Forgotten(by: asked.by, hashes: hashes)), of: id, "forgotten")
        let trace = rows.reduce(nil) { Trace.joined($0, span: HeaderBytes.decode($1.headers).text("traceparent")) }
        records.append(sender.record(output, topic: topics.events, partition: nil, traceparent: trace))
      }
      send(records, open: open, hasMore: hasMore, responder)
    } catch {
      Refusal(503, "provider_unavailable", error.description).respond(responder)
    }
  }

  private func ids(_ asked: Asked, _ archive: Archive) throws(StoreError) -> ([String], Int, Bool) {
    if let id = asked.id {
      let rows = try archive.statements(
        "SELECT id FROM deliberations WHERE id = ? AND state <> 'open' AND forgotten IS NULL")
      return (try rows.rows([.text(id)]) { $0.text(0) }, 0, false)
    }
    var (which, values) = ("", [Value]())
    if let tenant = asked.tenant { (which, values) = (" AND tenant = ?", [.text(tenant)]) }
    var (since, times) = ("", [Value]())
    if let before = asked.before { (since, times) = (" AND ended < ?", [.int(before)]) }
    let ids = try archive.statements(
      "SELECT id FROM deliberations WHERE state <> 'open' AND forgotten IS NULL\(which)\(since) ORDER BY ended LIMIT ?"
    ).rows(values + times + [Value(asked.limit + 1)]) { $0.text(0) }
    // those that are open have not ended before anything
    let open = try archive.statements("SELECT count(*) FROM deliberations WHERE state = 'open'\(which)").rows(
      values
    ) { asked.before == nil ? Int($0.int(0)) : 0 }
    return (Array(ids.prefix(asked.limit)), open.first ?? 0, ids.count > asked.limit)
  }

  /// What was written, and how far the log has to be read for all of it to be erased here.
  private struct Written: Sendable {
    let forgotten: Int
    let open: Int
    let hasMore: Bool
    let until: ContinuousClock.Instant
    var ends: [Writer.Place: Int64] = [:]

    func answer(isRead: Bool, _ responder: Responder) {
      let body: JSON = [
        "forgotten": .int(Int64(forgotten)), "open": .int(Int64(open)), "more": .bool(hasMore), "read": .bool(isRead),
      ]
      responder.respond(isRead ? 200 : 202, Refusal.json, body.bytes)
    }
  }

  /// Answers when the brokers have all of them and this ledger has read them back, which is when it erases.
  private func send(_ records: [Outgoing], open: Int, hasMore: Bool, _ responder: Responder) {
    struct Count {
      var left: Int
      var failure: BusError?
      var written: Written
    }
    let written = Written(
      forgotten: records.count, open: open, hasMore: hasMore, until: ContinuousClock.now + Self.patience)
    guard !records.isEmpty else { return written.answer(isRead: true, responder) }
    let count = Lock(Count(left: records.count, written: written))
    for record in records {
      producer.send(record) { [self] result in
        let end = count.withLock { count -> Count? in
          count.left -= 1
          switch result {
          case .failure(let error): count.failure = error
          case .success(let position):
            let place = Writer.Place(topic: topics.events, partition: position.partition)
            count.written.ends[place] = max(count.written.ends[place] ?? 0, position.offset + 1)
          }
          return count.left == 0 ? count : nil
        }
        guard let end else { return }
        if let failure = end.failure {
          Refusal(503, "provider_unavailable", "a tombstone was not written: \(failure); ask again").respond(responder)
        } else {
          log.info("ledger.forgets", ("deliberations", records.count))
          awaitReading(end.written, responder)
        }
      }
    }
  }

  private func awaitReading(_ written: Written, _ responder: Responder) {
    let mark = news.mark
    let isTaken = readers.ask { [self] archive throws(StoreError) in
      let read: [Writer.Place: Int64]
      do throws(StoreError) { read = try Writer.positions(archive.database, log: life) } catch {
        written.answer(isRead: false, responder)
        throw error
      }
      let left = written.until - ContinuousClock.now
      let isRead = written.ends.allSatisfy { read[$0.key] ?? 0 >= $0.value }
      if isRead || left <= .zero { return written.answer(isRead: isRead, responder) }
      news.wait(after: mark, within: left) { [self] in awaitReading(written, responder) }
    }
    if !isTaken { written.answer(isRead: false, responder) }
  }
}
