internal import Bus
internal import Deliberation
internal import Folding
internal import Store
internal import Telemetry
internal import Threads

/// After the embedded broker died, with its records: puts the events of the open deliberations on the new one, each in its
/// order and followed by `deliberation.restored`, and the asks that nobody had taken in. Nobody decides meanwhile: `up`
/// starts the other services when this is done, and they fold what they find before they say anything.
struct Restore {
  struct Report: Sendable, Equatable {
    var deliberations = 0
    var events = 0
    var asks = 0
  }

  let topics: Topics
  let sender: Sender
  let incarnation: String

  /// What has to be written, in the order of each partition.
  func records(_ database: Database) throws(StoreError) -> (records: [Outgoing], report: Report) {
    var records: [Outgoing] = []
    var report = Report()
    let statements = Statements(database)
    // oldest first, so that clocks run out in the order in which they began
    let open = try statements("SELECT id FROM deliberations WHERE state = 'open' ORDER BY asked, id").rows {
      $0.text(0)
    }
    for id in open {
      let facts = try statements(
        """
        SELECT e.key, e.headers, e.value FROM events e JOIN subjects s ON s.number = e.subject
        WHERE s.id = ? AND e.standing = 0 ORDER BY e.seq
        """
      ).rows([.text(id)]) { row in
        Outgoing(
          topic: topics.events, key: row.optionalBytes(0), value: row.optionalBytes(2),
          headers: HeaderBytes.decode(row.bytes(1)))
      }
      guard let first = facts.first else { continue }
      records += facts
      let restored = Output.event(.restored, of: id, incarnation)
      records.append(
        sender.record(
          restored, topic: topics.events, partition: nil, traceparent: first.headers.text("traceparent")))
      report.deliberations += 1
      report.events += facts.count
    }
    let asks = try statements(
      "SELECT topic, key, headers, value, partition, offset FROM asks WHERE headers IS NOT NULL ORDER BY at, offset"
    ).rows { row in
      var headers = HeaderBytes.decode(row.bytes(2))
      if headers.text("ce_id") == nil {
        // its place stood for its id; the new place must not
        let id = IDs.position(topic: row.text(0), partition: Int(row.int(4)), offset: row.int(5))
        headers.append(Header("ce_id", id))
      }
      return Outgoing(
        topic: row.text(0), key: row.optionalBytes(1), value: row.optionalBytes(3), headers: headers)
    }
    records += asks
    report.asks = asks.count
    return (records, report)
  }

  /// Writes them all and waits until the broker has them. Blocks: on a thread of its own.
  static func write(_ records: [Outgoing], _ producer: Producer) throws(BusError) {
    // A window at a time: what waits for its acknowledgement is bounded.
    var rest = records[...]
    while !rest.isEmpty {
      let window = rest.prefix(5_000)
      rest = rest.dropFirst(window.count)
      let left = Lock(window.count)
      let failure = Lock<BusError?>(nil)
      let done = Bell()
      for record in window {
        producer.send(record) { result in
          if case .failure(let error) = result { failure.withLock { $0 = error } }
          let isLast = left.withLock { left in
            left -= 1
            return left == 0
          }
          if isLast { done.ring() }
        }
      }
      _ = done.wait()
      if let error = failure.withLock({ $0 }) { throw error }
    }
  }
}
