import Bus
import Deliberation
import Foundation
import Store
import Testing

@testable import Conclave
@testable import Ledger

extension RunningSystems {
  /// `conclave verify --log` over topics that hold everything, less than everything, or something else.
  @Suite("The topic held against itself and the ledger", .timeLimit(.minutes(5))) struct LogAuditTests {
    private func verify(_ ledger: LoneLedger, _ words: String...) async throws -> (status: Int32, report: JSON) {
      let result = try await ledger.conclave(["verify"] + words + ["--json"])
      return (result.status, try JSON.parse(result.output))
    }

    @Test("is whole also where the topic has lost its oldest events, and says what that leaves unchecked")
    func head() async throws {
      let ledger = try await LoneLedger()
      ledger.start()
      try await ledger.tell(60)
      let id = try await ledger.tellCut()
      try await ledger.tell(60)
      try await ledger.isRead()
      let rows = try #require(ledger.number("SELECT count(*) FROM events"))

      let all = try await verify(ledger, "--all", "--log")
      #expect(all.status == 0 && all.report["passed"] == true, "\(all.report.text.prefix(2_000))")
      let cut = try #require(all.report["cut"]?.int)
      #expect(cut >= 1)
      #expect((all.report["events"]?.int ?? 0) + (all.report["gone"]?.int ?? 0) == rows)
      #expect(all.report["compared"]?.int == all.report["events"]?.int)
      let begins = try #require(all.report["begins"]?.array)
      let partition = try #require(
        ledger.number("SELECT partition FROM events e JOIN subjects s ON s.number = e.subject WHERE s.id = '\(id)'"))
      #expect(begins.count == 1 && begins.first?["place"]?.string == "conclave.events/\(partition)")
      #expect(begins.first?["cut"]?.int == cut && begins.first?["offset"]?.int == all.report["gone"]?.int)

      let text = try await ledger.conclave(["verify", "--all", "--log"])
      let lines = text.output.split(separator: "\n").filter { $0.hasPrefix("cut: ") }
      #expect(text.status == 0 && lines.count == 1, "\(text.output)\(text.error)")
      for part in ["\(cut) deliberations", "conclave.events/\(partition) begins at offset ", "without --log"] {
        #expect(lines.first?.contains(part) == true, "\(part) is not in \(text.output)")
      }
      // the ledger kept them
      let kept = try await verify(ledger, "--all")
      #expect(kept.status == 0 && kept.report["cut"] == 0 && kept.report["digests"] == kept.report["deliberations"])
      let one = try await verify(ledger, id, "--log")
      #expect(one.status == 0 && one.report["cut"] == 1 && one.report["digests"] == 0, "\(one.report)")
      let alone = try await verify(ledger, "--all", "--log", "--alone")
      #expect(alone.status == 0 && alone.report["cut"]?.int == cut && alone.report["compared"] == 0)

      // a row behind the beginning that is not what the topic has is found as ever
      let file = try Database(ledger.path, .write)
      try file.run(
        "UPDATE events SET key = x'00' WHERE seq = (SELECT max(seq) FROM events WHERE partition = \(partition))")
      let spoilt = try await verify(ledger, "--all", "--log")
      #expect(spoilt.status == 1 && spoilt.report["found"] == 1, "\(spoilt.report.text.prefix(2_000))")
      #expect(spoilt.report["findings"]?[0]?["kind"] == "changed" && spoilt.report["cut"]?.int == cut)
    }

    @Test("is checked without a ledger where that is asked for, and not by mistake") func alone() async throws {
      let ledger = try await LoneLedger()
      try await ledger.tell(60)
      var environment = ledger.environment()
      environment["CONCLAVE_LEDGER"] = nil
      func run(_ words: String...) async throws -> Tool.Result {
        try await Tool.run(RunningSystem.programs + "/conclave", ["verify"] + words, environment: environment)
      }
      let alone = try await run("--all", "--log", "--alone", "--json")
      let report = try JSON.parse(alone.output)
      #expect(alone.status == 0 && report["passed"] == true && report["compared"] == 0, "\(alone)")
      #expect(report["digests"]?.int ?? 0 >= 5 && report["digests"] == report["deliberations"] && report["cut"] == 0)
      let without = try await run("--all", "--log")
      #expect(without.status == 1 && without.output.isEmpty && without.error.contains("no ledger runs"), "\(without)")
      let nobody = try await run("gen-nobody", "--log", "--alone")
      #expect(nobody.status == 1 && nobody.error.contains("conclave.events holds nothing of gen-nobody"), "\(nobody)")
      // an end that claims more than stands there
      try await ledger.tellHeadless()
      let headless = try JSON.parse(try await run("--all", "--log", "--alone", "--json").output)
      #expect(headless["found"] == 1 && headless["findings"]?[0]?["kind"] == "digest", "\(headless)")
    }

    @Test("has a gap where an offset lacks, and none where the oldest went while it was read") func gaps() throws {
      var teller = Teller(seed: 3)
      let told = teller.deliberation()
      let records = told.map { teller.record($0) }
      let partition = records[0].partition
      func read(without lost: Range<Int>, overtaken: Bool = false, andWithout hole: Int? = nil) -> LogReading {
        var reading = LogReading(id: nil, partitions: Teller.partitions)
        for number in 0..<Teller.partitions {
          reading.begin(number, low: 0, end: number == partition ? Int64(records.count) : 0)
        }
        for (index, record) in records.enumerated() where !lost.contains(index) && index != hole {
          if overtaken, index == lost.upperBound { reading.overtake(partition) }
          reading.take(record)
        }
        return reading
      }
      let whole = read(without: 0..<0)
      #expect(whole.isWhole && whole.audit(Teller.topic).found == 0 && whole.gaps == [])
      let holed = read(without: 4..<6)
      #expect(holed.gaps == [LogReading.Gap(partition: partition, from: 4, to: 6)])
      #expect(Set(holed.audit(Teller.topic).findings.map(\.kind)) == [.missing, .digest])
      // it began at offset 0 when reading began, and at 6 when the reader came to it: what was read before is gone too
      let overtaken = read(without: 4..<6, overtaken: true, andWithout: 1)
      let audit = overtaken.audit(Teller.topic)
      #expect(overtaken.isWhole && audit.found == 0 && audit.cut.values.reduce(0, +) == 1)
      #expect(overtaken.lows[partition] == 6 && audit.events == records.count - 6)
      #expect(!LogReading(id: nil, partitions: Teller.partitions).isWhole)
    }
  }
}
