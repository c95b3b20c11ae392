import Bus
import Deliberation
import Foundation
import Store
import Telemetry
import Testing
import Threads

@testable import Ledger

@Suite("A ledger under faults") struct FaultTests {
  @Test("waits while its disk is full, says so where it is asked whether it is ready, and loses nothing") func full()
    async throws
  {
    let shelf = try Shelf()
    var teller = Teller(seed: 51)
    let records = teller.records(400)
    // the connection is the writing thread's from here on: room is made in the line that it logs
    nonisolated(unsafe) let database = shelf.file.database
    nonisolated(unsafe) let writer = shelf.writer
    let pages = try shelf.number("PRAGMA page_count")
    try database.run("PRAGMA max_page_count = \(pages + 20)")
    let readiness = Readiness()
    let condition = readiness.condition("file")
    let said = Lock<[String]>([])
    let log = Log(service: "ledger", instance: "ledger-0", level: .info, format: .text) { line in
      let why = readiness.unmet.map(\.why)
      said.withLock { $0 += [line] + why }
      if line.contains("ledger.cannot.write") { try? database.run("PRAGMA max_page_count = 1000000") }
    }
    let inlet = Inlet()
    inlet.put(records.map { Entry(event: $0, partitions: Teller.partitions) })
    let loop = WriterLoop(
      inlet: inlet, meters: Meters(Metrics()) { 0 }, log: log, condition: condition, news: News(),
      fatal: { why in said.withLock { $0.append("fatal: \(why)") } })
    let thread = NamedThread.start("writes") { loop.run(writer) }
    try await eventually("everything is written") { (try? shelf.archive().lastSeq) == Int64(records.count) }
    inlet.close()
    thread.join()
    #expect(try shelf.number("SELECT count(*) FROM events") == Int64(records.count))
    #expect(said.withLock { $0.contains { $0.contains("make room on that disk") } })
    #expect(said.withLock { $0.contains { $0.contains("ledger.writes.again") } })
    #expect(!said.withLock { $0.contains { $0.hasPrefix("fatal") } })
    #expect(readiness.unmet.isEmpty)
    #expect(try shelf.audit().found == 0)
  }

  @Test("says what to do about a file that is no database any more, and reads everything anew without it")
  func corrupt()
    throws
  {
    let folder = FileManager.default.temporaryDirectory.path + "/ledger-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = LedgerFile.path(data: folder)
    try Data((0..<9_000).map { _ in UInt8.random(in: .min ... .max) }).write(to: URL(filePath: path))
    let error = try #require(throws: StoreError.self) { try LedgerFile(data: folder, survives: false) }
    #expect(error.kind == .corrupt)
    #expect(error.description.contains("move the file and its -wal and -shm away"))
    try FileManager.default.removeItem(atPath: path)
    let file = try LedgerFile(data: folder, survives: false)
    #expect(try Writer.positions(file.database, log: try file.log(incarnation: "kafka")).isEmpty)
  }

  @Test("of an older version is brought to this one with everything in it") func older() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ledger-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var teller = Teller(seed: 52)
    var records = teller.records(240)
    let told = teller.deliberation()
    let call = try #require(told.first { $0.type == "conclave.call.completed.v1" })
    records.append(
      teller.record(.init(subject: call.subject, id: call.id, type: call.type, time: call.time, value: [1])))
    records += told.map { teller.record($0) }
    let today: String
    do {
      let shelf = try Shelf()
      try shelf.write(records)
      let old = try Database(LedgerFile.path(data: folder), .write)
      guard case .sql(let first) = Schema.steps[0] else { return }
      try old.run(first)
      try old.run("PRAGMA user_version = 1")
      try old.run("ATTACH '\(shelf.file.path)' AS today")
      for table in ["logs", "offsets", "subjects", "asks"] + Schema.projected {
        // the columns that it had then
        let columns = try old.prepare("SELECT name FROM pragma_table_info('\(table)', 'main')").rows { $0.text(0) }
          .joined(separator: ", ")
        try old.run("INSERT INTO main.\(table)(\(columns)) SELECT \(columns) FROM today.\(table)")
      }
      let columns =
        "seq, log, topic, partition, offset, at, subject, id, type, standing, why, key, headers, value, hash, erased"
      try old.run("INSERT INTO main.events(\(columns)) SELECT \(columns) FROM today.events")
      // then a record that cannot be read was the first of its id, and the good one after it no fact
      try old.run("UPDATE main.events SET standing = 2 WHERE id = '\(call.id)' AND standing = 0")
      try old.run("DELETE FROM main.calls WHERE deliberation = '\(call.subject)' AND call = '\(call.id.suffix(11))'")
      today = try Rebuild.fingerprint(shelf.file.database)
      try old.run("DETACH today")
    }
    let file = try LedgerFile(data: folder, survives: false)
    #expect(try file.database.number("PRAGMA user_version") == Schema.version)
    #expect(Schema.version > 1)
    #expect(try file.database.number("SELECT count(*) FROM events") == Int64(records.count))
    let before = try Rebuild.fingerprint(file.database)
    #expect(before == today)
    _ = try Rebuild.run(file.database)
    #expect(try Rebuild.fingerprint(file.database) == before)
    #expect(try Audit.all(try Archive(file.path)).findings.map(\.kind) == [.unreadable])
  }
}
