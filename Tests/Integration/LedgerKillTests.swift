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
      var written = 0
      for kill in 0..<Self.kills {
        let ledger = try start(folder, broker.bootstrap)
        // what it reads while it is killed comes in while it runs
        let moment = ContinuousClock.now + .milliseconds(Int64.random(in: 30...700, using: &random))
        while ContinuousClock.now < moment, written < 250 * (kill + 1) {
          for record in teller.records(60) {
            let outgoing = Outgoing(
              topic: topics.events, partition: record.partition, key: record.key, value: record.value,
              headers: record.headers)
            _ = try await producer.send(outgoing)
            written += 1
          }
        }
        try await eventually("the moment has come") { ContinuousClock.now >= moment }
        ledger.kill()
        try await eventually("it is dead") { ledger.end != nil }
        guard FileManager.default.fileExists(atPath: LedgerFile.path(data: folder)) else { continue }
        let rows = try Self.rows(folder)
        #expect(rows.count == rows.places, "after kill \(kill)")
        #expect(rows.count == rows.read, "after kill \(kill): rows and offsets are one transaction")
      }
      let ledger = try start(folder, broker.bootstrap)
      try await eventually("everything is there: \(written)", within: .seconds(60)) {
        (try? Self.rows(folder).count) == written
      }
      ledger.kill()
      try await eventually("it is dead") { ledger.end != nil }
      let rows = try Self.rows(folder)
      #expect(rows.count == written && rows.places == written && rows.read == written && rows.repeats == 0)
      #expect(try Audit.all(try Archive(LedgerFile.path(data: folder))).found == 0)
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
