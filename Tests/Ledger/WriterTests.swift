import Bus
import Deliberation
import Foundation
import Store
import Testing

@testable import Ledger

@Suite("What is written down") struct WriterTests {
  @Test("is every record of the log, with its place, and the deliberation as it ended") func whole() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 1)
    let (id, records) = teller.story()
    let written = try shelf.write(records)
    #expect(written.events == records.count)
    #expect(try shelf.number("SELECT count(*) FROM events") == Int64(records.count))
    let archive = try shelf.archive()
    let rows = try archive.rows(of: id)
    for (row, record) in zip(rows, records) {
      #expect(row.topic == record.topic && row.partition == record.partition && row.offset == record.offset)
      #expect(row.value == record.value && HeaderBytes.decode(row.headers) == record.headers && row.key == record.key)
    }
    let summary = try #require(try archive.summary(id))
    #expect(summary["status"]?.string == "completed")
    #expect(summary["sealed"]?.string == "complete")
    #expect(summary["panel"]?.array?.compactMap(\.string) == Teller.models)
    #expect(summary["tenant"]?.string == "default")
    #expect(summary["answer_model"]?.string == Teller.models[0])
    let calls = try archive.calls(id)
    #expect(calls.count == 5)
    #expect(calls.allSatisfy { $0["state"]?.string == "completed" })
    let sum = calls.reduce(0) { $0 + ($1["cost"]?.number ?? 0) }
    #expect(abs(sum - (summary["cost"]?.number ?? -1)) < 1e-8)
  }

  @Test("gives whoever asks later the very body that the asker got") func result() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 2)
    let (id, records) = teller.story()
    let archive = try shelf.archive()
    try shelf.write(Array(records.dropLast()))
    #expect(try archive.result(id)?["status"]?.string == "open")
    #expect(try archive.result(id)?["result"] == nil)
    try shelf.write(Array(records.suffix(1)))
    let found = try #require(try archive.result(id))
    #expect(found["code"]?.int == 200)
    var state: Deliberation?
    for record in records {
      let envelope = try Envelope(record.headers)
      Deliberation.evolve(
        &state,
        Recorded(
          id: envelope.id, type: envelope.type, subject: id, time: try #require(Moment(rfc3339: envelope.time)),
          event: try Event.parse(type: envelope.type, id: envelope.id, value: record.value ?? [])))
    }
    let folded = try #require(state)
    #expect(found["result"]?.bytes == Results.result(folded)?.body.bytes)
  }

  @Test("says with which body a deliberation began as soon as the log does, and that of no other ask") func body()
    throws
  {
    let shelf = try Shelf()
    var teller = Teller(seed: 12)
    let told = teller.deliberation()
    let id = told[0].subject
    let archive = try shelf.archive()
    let own = SHA256.hex(id)
    let ask = Record(
      topic: "conclave.requests", partition: 0, offset: 0, timestamp: 2_000_000_000_000, key: nil,
      value: Array(#"{"request":{},"tenant":"acme","body_sha256":"\#(own)"}"#.utf8),
      headers: Envelope(
        id: id + "/ask", type: "conclave.ask.v1", source: "/conclave/gateway", subject: id, time: ""
      ).headers)
    try shelf.write([ask])
    // intake has not said yet whether it takes it
    let waiting = try #require(try archive.result(id))
    #expect(waiting["status"] == "open" && waiting["body_sha256"] == nil)
    try shelf.write([teller.record(told[0])])
    let begun = try #require(try archive.result(id))
    #expect(begun["status"] == "open" && begun["body_sha256"]?.string == own)
    guard case .requested(var joined) = try Event.parse(type: told[0].type, id: told[0].id, value: told[0].value)
    else {
      Issue.record("a story begins with its ask")
      return
    }
    joined.bodyHash = "another"
    try shelf.write([teller.record(.requested(joined), of: id, "0123456789abcdef")])
    #expect(try archive.result(id)?["body_sha256"]?.string == own)
    try shelf.write(told.dropFirst().map { teller.record($0) })
    let ended = try #require(try archive.result(id))
    #expect(ended["status"] == "completed" && ended["body_sha256"]?.string == own)
  }

  @Test("holds what came twice once as a fact, and shows the repeats and what they cost") func repeats() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 3)
    let (id, records) = teller.story()
    let call = try #require(records.first { $0.headers.text("ce_type") == "conclave.call.completed.v1" })
    var other = try #require(try JSON.parse(call.value ?? []).object)
    other["execution"] = "another"
    other["cost"] = 0.5
    let again = teller.again(call)
    let paid = teller.again(call, value: JSON.object(other).bytes)
    let paidAgain = teller.again(call, value: JSON.object(other).bytes)
    let written = try shelf.write(records + [again, paid, paidAgain])
    #expect(written.repeats == 1 && written.changed == 2)
    let archive = try shelf.archive()
    #expect(try archive.summary(id)?["cost_repeated"]?.number == 0.5)
    #expect(try archive.calls(id).count == 5)
    let audit = try shelf.audit()
    #expect(audit.findings == [])
    #expect(audit.paidRepeats.count >= 1)
    #expect(audit.repeats >= 1)
    #expect(
      try archive.totals(tenant: nil, since: nil, until: nil)["days"]?.array?.reduce(0) {
        $0 + ($1["cost_repeated"]?.number ?? 0)
      } == 0.5)
  }

  @Test("loses and doubles nothing when records are read twice, or a batch is undone") func twice() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 4)
    let records = teller.records(400)
    try shelf.write(Array(records.prefix(200)))
    let written = try shelf.write(Array(records.dropFirst(100)))
    #expect(written.stale == 100)
    #expect(try shelf.number("SELECT count(*) FROM events") == Int64(records.count))

    try shelf.run("PRAGMA max_page_count = \(try shelf.number("PRAGMA page_count") + 4)")
    let more = teller.records(600)
    let error = try #require(throws: StoreError.self) { try shelf.write(more) }
    #expect(error.kind == .full)
    #expect(try shelf.number("SELECT count(*) FROM events") == Int64(records.count))
    try shelf.run("PRAGMA max_page_count = 1000000")
    try shelf.write(more)
    #expect(try shelf.number("SELECT count(*) FROM events") == Int64(records.count + more.count))
    #expect(try shelf.audit().findings == [])
  }

  @Test("keeps what cannot be read, and what is of a type that nobody knows") func unreadable() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 5)
    let (id, records) = teller.story()
    let broken = teller.record(
      .init(
        subject: id, id: id + "/call.completed/x", type: "conclave.call.completed.v1", time: teller.begin, value: [1]))
    let strange = teller.record(
      .init(
        subject: id, id: id + "/moon.risen/1", type: "conclave.moon.risen.v1", time: teller.begin, value: [123, 125]))
    let bare = Record(
      topic: Teller.topic, partition: strange.partition, offset: strange.offset + 1, timestamp: 5, key: nil, value: nil,
      headers: [Header("x", "y")])
    let written = try shelf.write(records + [broken, strange, bare])
    #expect(written.events == records.count + 3)
    #expect(written.unreadable == 2)
    let rows = try shelf.archive().rows(of: id)
    #expect(rows.count == records.count + 2)
    #expect(rows.first { $0.id == id + "/call.completed/x" }?.why?.contains("call.completed") == true)
    let audit = try shelf.audit()
    #expect(Set(audit.findings.map(\.kind)) == [.unreadable])
    #expect(audit.found == 2)
  }

  @Test(
    "is nobody's fact where it cannot be read, also before the end and under the id of one that can",
    arguments: [true, false])
  func unreadableFirst(reopening: Bool) throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 8)
    let told = teller.deliberation()
    let id = told[0].subject
    let good = try #require(told.firstIndex { $0.type == "conclave.call.completed.v1" })
    let broken = Teller.Told(
      subject: id, id: told[good].id, type: told[good].type, time: told[good].time, value: [123, 34])
    // what decides reads all but the broken one, and its end says so
    var records: [Record] = []
    for (index, event) in told.enumerated() {
      if index == good { records.append(teller.record(broken)) }
      records.append(teller.record(event))
    }
    // a good one on a partition that is another deliberation's
    let home = records[0].partition
    let stray = Record(
      topic: Teller.topic, partition: (home + 1) % Teller.partitions, offset: 0, timestamp: records[0].timestamp,
      key: records[0].key, value: Event.restored.json.bytes,
      headers: Envelope(
        id: id + "/deliberation.restored/x", type: Event.restored.type, source: "/s", subject: id, time: ""
      ).headers)
    try shelf.write(Array(records.prefix(2)) + [stray] + records.dropFirst(2).prefix(1))
    // the same where the file is asked what stands there
    if reopening { shelf.reopen() }
    try shelf.write(Array(records.dropFirst(3)))
    let archive = try shelf.archive()
    let standing = try archive.rows(of: id).filter { $0.id == told[good].id }.map(\.standing)
    #expect(standing == [.unreadable, .fact])
    #expect(try archive.rows(of: id).first { $0.id.hasSuffix("/x") }?.why?.contains("another partition") == true)
    #expect(try archive.calls(id).count { $0["state"]?.string == "completed" } == 5)
    #expect(try archive.result(id)?["result"] != nil)
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.unreadable, .unreadable] && audit.digests == 1, "\(audit.findings)")
  }

  @Test("does not depend on any clock") func clocks() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 6)
    let (id, records) = teller.story()
    // every second record of a writer whose clock stands in another century
    let jumped = records.enumerated().map { index, record in
      Record(
        topic: record.topic, partition: record.partition, offset: record.offset,
        timestamp: index % 2 == 0 ? record.timestamp : 4_000_000_000_000 - record.timestamp, key: record.key,
        value: record.value, headers: record.headers)
    }
    try shelf.write(jumped)
    let archive = try shelf.archive()
    #expect(try archive.rows(of: id).map(\.offset) == records.map(\.offset))
    #expect(try archive.summary(id)?["status"]?.string == "completed")
    #expect(try shelf.audit().findings == [])
  }

  @Test("knows an ask that waits, until its event is read, in whatever order the two come") func asks() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 7)
    let (id, records) = teller.story()
    func ask(_ id: String, _ offset: Int64) -> Record {
      Record(
        topic: "conclave.requests", partition: 0, offset: offset, timestamp: 2_000_000_000_000, key: nil,
        value: Array(#"{"request":{},"tenant":"acme"}"#.utf8),
        headers: Envelope(
          id: id + "/ask", type: "conclave.ask.v1", source: "/conclave/gateway", subject: id, time: ""
        ).headers)
    }
    let archive = try shelf.archive()
    try shelf.write([ask(id, 0), ask("gen-later", 1)])
    let waiting = try #require(try archive.summary(id))
    #expect(waiting["status"]?.string == "open" && waiting["tenant"]?.string == "acme")
    #expect(waiting["waiting"]?.bool == true)
    try shelf.write(Array(records.prefix(1)))
    #expect(try archive.summary(id)?["waiting"] == nil)
    #expect(try shelf.number("SELECT count(*) FROM asks") == 1)
    try shelf.write([ask(id, 2)])
    #expect(try shelf.number("SELECT count(*) FROM asks") == 1)
    // what intake buries nobody waits for
    let dead = Record(
      topic: "conclave.requests", partition: 0, offset: 3, timestamp: 2_000_000_000_000, key: nil,
      value: Array(#"{"request":{}}"#.utf8),
      headers: Envelope(
        id: "gen-dead/ask", type: "conclave.cancel.v1", source: "/pipeline", subject: "gen-dead", time: ""
      ).headers)
    let bare = Record(
      topic: "conclave.requests", partition: 0, offset: 4, timestamp: 2_000_000_000_000, key: nil,
      value: Array(#"{"request":{}}"#.utf8), headers: [Header("ce_subject", "gen-dead")])
    try shelf.write([dead, bare])
    #expect(try archive.summary("gen-dead") == nil)
    #expect(try shelf.number("SELECT count(*) FROM asks") == 1)
    #expect(try archive.summary("gen-nobody") == nil)
  }

  @Test("belongs to one ledger at a time") func hold() throws {
    let shelf = try Shelf()
    let error = try #require(throws: LedgerFile.Failure.self) { try LedgerFile(data: shelf.folder, survives: false) }
    #expect(error.description.contains("another ledger (process \(ProcessInfo.processInfo.processIdentifier))"))
  }

  @Test("is refused by a program that is older than the file") func newer() throws {
    let shelf = try Shelf()
    try shelf.run("PRAGMA user_version = 99")
    #expect(throws: StoreError.self) { try Schema.migrate(shelf.file.database) }
  }
}
