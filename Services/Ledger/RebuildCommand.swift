internal import FoundationEssentials
internal import Glibc
internal import Store
internal import Telemetry

/// `ledger --rebuild`: makes every table that follows from the stored records anew.
enum RebuildCommand {
  static func run() -> Never {
    let data = ProcessInfo.processInfo.environment["CONCLAVE_DATA"].flatMap { $0.isEmpty ? nil : $0 } ?? "data"
    guard FileManager.default.fileExists(atPath: LedgerFile.path(data: data)) else {
      end("ledger --rebuild: there is no \(LedgerFile.path(data: data)); CONCLAVE_DATA names the folder", 1)
    }
    do {
      let begun = ContinuousClock.now
      let file = try LedgerFile(data: data, survives: true)
      let before = try Rebuild.fingerprint(file.database)
      let report = try Rebuild.run(file.database)
      let after = try Rebuild.fingerprint(file.database)
      let seconds = (ContinuousClock.now - begun).components.seconds
      let same = before == after ? "as they were" : "other than before"
      print("\(report.events) events, \(report.deliberations) deliberations, \(seconds) s; the tables are \(same)")
      print("sha256 \(after)")
      // they follow from the records alone: others than before were changed by hand, or made by an older program
      exit(before == after ? 0 : 1)
    } catch {
      end("ledger --rebuild: \(error)", 1)
    }
  }

  static func refuse(_ word: String) -> Never {
    end(
      "ledger: \(word) is not known; there are --rebuild and --measure [events] [--hold], and nothing starts the service",
      2
    )
  }

  private static func end(_ line: String, _ status: Int32) -> Never {
    Log.standardError(line)
    exit(status)
  }
}
