import Bus
import Deliberation
import Foundation
import Glibc
import Store
import Telemetry
import Testing
import Threads
import Web

@testable import Conclave
@testable import Ledger

extension RunningSystems {
  /// The program itself, on a broker of the test's own that is written to all the while.
  @Suite("The ledger", .timeLimit(.minutes(10))) struct LedgerKillTests {
    /// How often it is killed; the full check says more than the usual one.
    private static let kills =
      ProcessInfo.processInfo.environment["CONCLAVE_LEDGER_KILLS"].flatMap { Int($0) } ?? 8

    @Test("killed at any moment of its reading has every record of the topic once") func killed() async throws {
      let folder = try RunningSystem.newFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      var settings = BusSettings(bootstrap: "", kind: .embedded)
      let topics = Topics(settings)
      let broker = try EmbeddedBroker(topics: topics.all)
      settings.bootstrap = broker.bootstrap
      let producer = try Producer(settings, client: "teller", log: .silent, metrics: Metrics())
      defer { _ = producer.close(within: .seconds(2)) }
      try await producer.warm([topics.events])
      var teller = Teller(seed: UInt64.random(in: .min ... .max))
      teller.answerBytes = 200
      var random = SystemRandomNumberGenerator()
      var ends: [Int32: Int64] = [:]
      for kill in 0..<Self.kills {
        // more than it reads before it is killed; it is dead while they are written
        try await write(teller.records(kill == 0 ? 30_000 : 4_000), topics.events, producer, &ends)
        let before = (try? Self.rows(folder).count) ?? 0
        let ledger = try start(folder, broker.bootstrap)
        try await eventually("it reads", within: .seconds(60)) { (try? Self.rows(folder).count) ?? 0 > before }
        let moment = ContinuousClock.now + .milliseconds(Int64.random(in: 10...300, using: &random))
        try await eventually("the moment has come") { ContinuousClock.now >= moment }
        ledger.kill()
        try await eventually("it is dead") { ledger.end != nil }
        let rows = try Self.rows(folder)
        #expect(rows.count == rows.places, "after kill \(kill)")
        #expect(rows.count == rows.read, "after kill \(kill): rows and offsets are one transaction")
        let again = try start(folder, broker.bootstrap)
        let all = Int(ends.values.reduce(0, +))
        try await eventually("everything is there after kill \(kill): \(all)", within: .seconds(120)) {
          (try? Self.rows(folder).count) ?? 0 >= all
        }
        let whole = try Self.rows(folder)
        #expect(whole.count == all && whole.places == all && whole.read == all && whole.repeats == 0, "\(whole)")
        #expect(try Self.ends(folder) == ends, "after kill \(kill)")
        again.kill()
        try await eventually("it is dead") { again.end != nil }
      }
      #expect(try Audit.all(try Archive(LedgerFile.path(data: folder))).found == 0)
    }

    /// Writes them where they belong, and counts where each partition ends.
    private func write(
      _ records: [Record], _ topic: String, _ producer: Producer, _ ends: inout [Int32: Int64]
    ) async throws {
      let left = Lock(records.count)
      let failure = Lock<BusError?>(nil)
      for record in records {
        ends[record.partition, default: 0] += 1
        producer.send(
          Outgoing(
            topic: topic, partition: record.partition, key: record.key, value: record.value, headers: record.headers)
        ) { result in
          if case .failure(let error) = result { failure.withLock { $0 = error } }
          left.withLock { $0 -= 1 }
        }
      }
      try await eventually("everything is written", within: .seconds(60)) { left.withLock { $0 } == 0 }
      #expect(failure.withLock { $0 } == nil)
    }

    /// How far each partition of `events` was read.
    private static func ends(_ folder: String) throws -> [Int32: Int64] {
      let database = try Archive(LedgerFile.path(data: folder)).database
      let rows = try database.prepare("SELECT partition, next FROM offsets WHERE topic LIKE '%events'").rows {
        (Int32(truncatingIfNeeded: $0.int(0)), $0.int(1))
      }
      return Dictionary(rows) { _, last in last }
    }

    private func start(_ folder: String, _ bootstrap: String) throws -> KeptProcess {
      var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
      environment["CONCLAVE_KAFKA"] = bootstrap
      environment["CONCLAVE_EMBEDDED"] = "1"
      environment["CONCLAVE_INCARNATION"] = "one"
      environment["CONCLAVE_DATA"] = folder
      environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
      return KeptProcess(RunningSystem.programs + "/ledger", [], environment: environment) { _ in }
    }

    /// Rows, different places among them, what the offsets say was read, and rows that are repeats.
    private static func rows(_ folder: String) throws -> (count: Int, places: Int, read: Int, repeats: Int) {
      let database = try Archive(LedgerFile.path(data: folder)).database
      func number(_ sql: String) throws -> Int { Int(try database.number(sql) ?? 0) }
      return (
        try number("SELECT count(*) FROM events"),
        try number("SELECT count(*) FROM (SELECT DISTINCT log, topic, partition, offset FROM events)"),
        try number("SELECT coalesce(sum(next - start), 0) FROM offsets WHERE topic LIKE '%events'"),
        try number("SELECT count(*) FROM events WHERE standing <> 0")
      )
    }
  }
}
