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

    init(_ body: [UInt8]) throws(Refusal) {
      guard let json = try? JSON.parse(body), json.object != nil else {
        throw Refusal(400, "invalid_request", "the body is no JSON object")
      }
      id = json["id"]?.string
      tenant = json["tenant"]?.string
      by = String((json["by"]?.string ?? "operator").prefix(200))
      let text = json["before"]?.string
      before = try text.map { (text) throws(Refusal) in try Query.milliseconds("before", text) }
      guard (id == nil) != (tenant == nil && before == nil) else {
        throw Refusal(400, "invalid_request", "name an id, or a tenant, a time (before), or both of these")
      }
    }
  }

  private let producer: Producer
  private let topics: Topics
  private let sender: Sender
  private let log: Log

  init(producer: Producer, topics: Topics, sender: Sender, log: Log) {
    self.producer = producer
    self.topics = topics
    self.sender = sender
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
        let hashes = try archive.rows(of: id).filter { !$0.isErased }.map { Hex.text($0.hash) }
        let output = Output.event(.forgotten(Forgotten(by: asked.by, hashes: hashes)), of: id, "forgotten")
        records.append(sender.record(output, topic: topics.events, partition: nil, traceparent: nil))
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
      "SELECT id FROM deliberations WHERE state <> 'open' AND forgotten IS NULL\(which)\(since) LIMIT ?"
    ).rows(values + times + [Value(Self.most + 1)]) { $0.text(0) }
    // those that are open have not ended before anything
    let open = try archive.statements("SELECT count(*) FROM deliberations WHERE state = 'open'\(which)").rows(
      values
    ) { asked.before == nil ? Int($0.int(0)) : 0 }
    return (Array(ids.prefix(Self.most)), open.first ?? 0, ids.count > Self.most)
  }

  /// Answers when the brokers have all of them.
  private func send(_ records: [Outgoing], open: Int, hasMore: Bool, _ responder: Responder) {
    struct Count {
      var left: Int
      var failure: BusError?
    }
    let answer: @Sendable (BusError?) -> Void = { [log] failure in
      if let failure {
        Refusal(503, "provider_unavailable", "a tombstone was not written: \(failure); ask again").respond(responder)
      } else {
        log.info("ledger.forgets", ("deliberations", records.count))
        let body: JSON = [
          "forgotten": .int(Int64(records.count)), "open": .int(Int64(open)), "more": .bool(hasMore),
        ]
        responder.respond(202, Refusal.json, body.bytes)
      }
    }
    guard !records.isEmpty else { return answer(nil) }
    let count = Lock(Count(left: records.count))
    for record in records {
      producer.send(record) { result in
        let isLast = count.withLock { count in
          count.left -= 1
          if case .failure(let error) = result { count.failure = error }
          return count.left == 0
        }
        if isLast { answer(count.withLock { $0.failure }) }
      }
    }
  }
}
