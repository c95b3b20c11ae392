import Deliberation
import Foundation
import Glibc
import Store
import Testing

@testable import Conclave
@testable import Ledger

extension RunningSystems {
  /// The program itself, with what can go wrong under it.
  @Suite("The ledger's program", .timeLimit(.minutes(5))) struct LedgerFaultTests {
    @Test("waits for its file where somebody holds it, when it starts and when it writes, and says so") func locked()
      async throws
    {
      let ledger = try await LoneLedger()
      _ = try LedgerFile(data: ledger.folder, survives: true)
      let other = try Database(ledger.path, .write)
      try other.run("BEGIN IMMEDIATE")
      try await ledger.tell(120)
      let process = ledger.start()
      try await ledger.says("ledger.cannot.open")
      #expect(process.end == nil)
      try other.run("COMMIT")
      try await ledger.isRead()

      try other.run("BEGIN IMMEDIATE")
      try await ledger.tell(120)
      try await ledger.says("ledger.cannot.write")
      try await eventually("it is not ready, and says why") {
        let ready = await ledger.readiness()
        return ready?.status == 503 && ready?.body.contains("end whatever else has it open") == true
      }
      try other.run("COMMIT")
      try await ledger.isRead()
      try await eventually("it is ready again") { await ledger.readiness()?.status == 200 }
      #expect(process.end == nil)
    }

    @Test("ends where it is told to while it waits for its file") func stopped() async throws {
      let ledger = try await LoneLedger()
      _ = try LedgerFile(data: ledger.folder, survives: true)
      let other = try Database(ledger.path, .write)
      try other.run("BEGIN IMMEDIATE")
      let process = ledger.start()
      try await ledger.says("ledger.cannot.open")
      kill(process.pid, SIGTERM)
      try await eventually("it has ended") { process.end != nil }
      try other.run("COMMIT")
    }

    @Test("goes on by itself when there is room on its disk again") func full() async throws {
      let ledger = try await LoneLedger(answerBytes: 2_000)
      // no file of this process may become larger than 1 MB, as on a disk that has no more
      let process = ledger.start(through: "trap '' XFSZ; ulimit -S -f 2048")
      try await ledger.tell(1_500)
      try await ledger.says("ledger.cannot.write")
      #expect(process.end == nil)
      try await eventually("it is not ready, and says why") {
        let ready = await ledger.readiness()
        return ready?.status == 503 && ready?.body.contains("disk") == true
      }
      let raised = try await Tool.run("/usr/bin/prlimit", ["--pid", "\(process.pid)", "--fsize=unlimited"])
      #expect(raised.status == 0, "\(raised.error)")
      try await ledger.isRead()
      process.kill()
      try await eventually("it is dead") { process.end != nil }
      #expect(try Audit.all(try Archive(ledger.path)).found == 0)
    }

    @Test("says of a file that was damaged under it what to do, and reads everything anew without it") func damaged()
      async throws
    {
      let ledger = try await LoneLedger()
      let process = ledger.start()
      try await ledger.tell(600)
      try await ledger.isRead()
      process.kill()
      try await eventually("it is dead") { process.end != nil }
      _ = try Database(ledger.path, .write).checkpoint(patience: .seconds(5))
      let file = try FileHandle(forUpdating: URL(filePath: ledger.path))
      let size = try file.seekToEnd()
      try file.seek(toOffset: 32_768)
      try file.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 32_768))
      try file.close()
      let again = ledger.start()
      try await ledger.tell(60)
      try await eventually("it has ended: \(ledger.output.suffix(2_000))", within: .seconds(60)) { again.end != nil }
      #expect(again.end == .status(1))
      #expect(ledger.output.contains("move the file and its -wal and -shm away"))
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: ledger.path + suffix) }
      ledger.start()
      try await ledger.isRead()
    }

    @Test("ends where its file is ahead of the log") func ahead() async throws {
      let ledger = try await LoneLedger()
      let process = ledger.start()
      try await ledger.tell(240)
      try await ledger.isRead()
      process.kill()
      try await eventually("it is dead") { process.end != nil }
      try await ledger.loseTheLog()
      let again = ledger.start()
      try await eventually("it has ended: \(ledger.output.suffix(2_000))") { again.end != nil }
      #expect(again.end == .status(1) && ledger.output.contains("it is another log"))
    }

    @Test("is reachable from elsewhere with a token alone") func door() async throws {
      let ledger = try await LoneLedger()
      let environment = ledger.environment(["CONCLAVE_LEDGER": "0.0.0.0:0"])
      let open = try await Tool.run(RunningSystem.programs + "/ledger", [], environment: environment)
      #expect(open.status == 1, "\(open.output)\(open.error)")
      #expect(open.error.contains("CONCLAVE_LEDGER_TOKEN"))
    }

    @Test("rebuilds its tables where no other ledger runs, and says whether they were others") func rebuild()
      async throws
    {
      let ledger = try await LoneLedger()
      let process = ledger.start()
      try await ledger.tell(360)
      try await ledger.isRead()
      let beside = try await ledger.run("--rebuild")
      #expect(beside.status == 1 && beside.error.contains("another ledger (process \(process.pid))"), "\(beside)")
      process.kill()
      try await eventually("it is dead") { process.end != nil }
      let same = try await ledger.run("--rebuild")
      #expect(same.status == 0 && same.output.contains("the tables are as they were"), "\(same)")
      try Database(ledger.path, .write).run("UPDATE deliberations SET cost = cost + 1")
      let other = try await ledger.run("--rebuild")
      #expect(other.status == 1 && other.output.contains("the tables are other than before"), "\(other)")
      let again = try await ledger.run("--rebuild")
      #expect(again.status == 0 && again.output.split(separator: "\n").last == other.output.split(separator: "\n").last)
      #expect(try await ledger.run("--measure", "x").status == 2)
    }
  }
}
