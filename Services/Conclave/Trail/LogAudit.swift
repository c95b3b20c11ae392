internal import Bus
internal import Deliberation
internal import Settings
internal import Telemetry
internal import Threads

/// Reads `events` from its beginning to where it ends now, holds it against itself, and the ledger against it.
struct LogAudit {
  /// How long nothing may come before the end of the topic is reached.
  static let patience = Duration.seconds(30)
  /// How long the ledger gets to have read what was just read here.
  static let lag = Duration.seconds(20)

  let settings: Settings
  let id: String?
  let link: LedgerLink?

  func report() async throws(CommandError) -> JSON {
    let topic = Topics(settings.bus).events
    let read = try await records(topic)
    var audit = read.audit(topic)
    var held = Held()
    if let link { held = try await compare(link, topic, read, &audit) }
    if let id, read.records.isEmpty, held.gone == 0 {
      throw .failed("\(topic) holds nothing of \(id); what an earlier life of the bus held is verified without --log")
    }
    var report = audit.json.object ?? JSONObject()
    report.append("compared", .int(Int64(held.compared)))
    report.append("gone", .int(Int64(held.gone)))
    return .object(report)
  }

  /// Rows of the ledger that were held against the topic, and those whose records it no longer holds.
  struct Held {
    var compared = 0
    var gone = 0
  }

  // MARK: the topic

  private func records(_ topic: String) async throws(CommandError) -> LogReading {
    let log = Log(service: "conclave", instance: "verify", level: .error, format: settings.logFormat)
    let metrics = Metrics()
    do {
      _ = try await Admin.cluster(settings.bus, log: log, within: .seconds(5))
      let producer = try Producer(settings.bus, client: "conclave-verify", log: log, metrics: metrics)
      try await producer.warm([topic])
      let count = producer.partitions(of: topic) ?? 0
      let partitions = (0..<count).map { TopicPartition(topic: topic, partition: $0) }
      let result = Lock<Result<LogReading, CommandError>?>(nil)
      let progress = Lock(0)
      let consumer = try Consumer(
        settings.bus, client: "conclave-verify", subscription: .assigned(partitions, group: nil),
        receiver: { [id] in
          LogAuditReader(LogReading(id: id, partitions: count), progress: progress) { read in
            result.withLock { $0 = $0 ?? read }
          }
        },
        log: log, metrics: metrics, onFatal: { why in result.withLock { $0 = .failure(.failed("\(why)")) } })
      defer {
        consumer.stop(within: .seconds(2))
        _ = producer.close(within: .seconds(2))
      }
      var (seen, since) = (0, ContinuousClock.now)
      while true {
        if let result = result.withLock({ $0 }) { return try result.get() }
        let now = progress.withLock { $0 }
        if now != seen { (seen, since) = (now, .now) }
        guard ContinuousClock.now - since < Self.patience else { throw CommandError.failed("\(topic) is not answered") }
        try? await Task.sleep(for: .milliseconds(20))
      }
    } catch let error as CommandError { throw error } catch { throw .failed("\(error)") }
  }

  // MARK: the ledger

  /// Each row of the ledger that is of this life of the bus against the record at its place.
  private func compare(
    _ link: LedgerLink, _ topic: String, _ read: LogReading, _ audit: inout Audit
  ) async throws(CommandError) -> Held {
    var standing: [Int32: [Int64: AuditRecord]] = [:]
    for record in read.records.values.joined() {
      standing[record.partition, default: [:]][record.offset] = record.record
    }
    let until = ContinuousClock.now + Self.lag
    let life = try await link.get("/v1/end")["log"]?.int ?? 0
    let path = id.map { "/v1/deliberations/\(LedgerLink.escaped($0))/events" } ?? "/v1/records"
    var (after, held) = (Int64(0), Held())
    while true {
      guard
        let page = try await link.find(path, [("after", "\(after)"), ("limit", "5000"), ("brief", "1")])
      else { throw .failed("the ledger knows nothing of \(id ?? path)") }
      let rows = page["events"]?.array ?? []
      for row in rows where row["log"]?.int == life && row["topic"]?.string == topic {
        guard let partition = row["partition"]?.int.map({ Int32(truncatingIfNeeded: $0) }),
          let offset = row["offset"]?.int
        else { continue }
        // what is gone by retention, and what was written since, is not there to be compared
        guard offset < read.ends[partition] ?? 0 else { continue }
        guard offset >= read.lows[partition] ?? 0 else {
          held.gone += 1
          continue
        }
        held.compared += 1
        let record = standing[partition]?.removeValue(forKey: offset)
        check(row, record, "\(topic)/\(partition)/\(offset)", &audit)
      }
      after = page["next"]?.int ?? after
      guard rows.isEmpty else { continue }
      if standing.values.allSatisfy(\.isEmpty) || ContinuousClock.now >= until { break }
      try? await Task.sleep(for: .milliseconds(100))
    }
    for (partition, records) in standing.sorted(by: { $0.key < $1.key }) {
      for (offset, record) in records.sorted(by: { $0.key < $1.key }) {
        audit.add(
          Audit.Finding(
            kind: .missing, deliberation: record.subject, event: record.id, place: "\(topic)/\(partition)/\(offset)",
            what: "it stands on the topic, and the ledger has no row of it"))
      }
    }
    return held
  }

  private func check(_ row: JSON, _ record: AuditRecord?, _ place: String, _ audit: inout Audit) {
    let (id, subject) = (row["id"]?.string, row["deliberation"]?.string)
    guard let record else {
      return audit.add(
        Audit.Finding(
          kind: .missing, deliberation: subject, event: id, place: place,
          what: "the ledger has a row of it, and it is not on the topic"))
    }
    let isUnreadable = row["standing"]?.string == "unreadable"
    let others = [
      ("content", row["hash"]?.string == Hex.text(record.found)),
      ("key or headers", row["envelope"]?.string == Hex.text(record.envelope)),
      ("id", id == record.id), ("type", row["type"]?.string == record.type),
      ("deliberation", subject == record.subject),
      ("standing", isUnreadable == (record.unreadable != nil)),
    ].filter { !$0.1 }.map(\.0)
    guard others.isEmpty else {
      return audit.add(
        Audit.Finding(
          kind: .changed, deliberation: subject, event: id, place: place,
          what: "what stands on the topic is not what the ledger read there: another \(others.joined(separator: ", "))")
      )
    }
  }
}
