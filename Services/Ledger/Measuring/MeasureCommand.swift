internal import Bus
internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Store
internal import Telemetry
internal import Threads

/// `ledger --measure [events]`: how fast this machine writes the log down and answers, on records like those of panels of
/// three with answers of 2 KB. The records are made first and read from a file, so that making them costs nothing.
enum MeasureCommand {
  static func run(_ count: Int) -> Never {
    do {
      try measure(count)
      exit(0)
    } catch {
      Log.standardError("ledger --measure: \(error)")
      exit(1)
    }
  }

  private static func measure(_ count: Int) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/ledger-measure-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try RecordFile.make(folder + "/records", count: count)
    print("\(made.records) records, \(made.bytes >> 20) MB")

    let file = try LedgerFile(data: folder, survives: false)
    let number = try file.log(incarnation: "kafka")
    let inlet = Inlet()
    let news = News()
    let meters = Meters(Metrics()) { 0 }
    let begun = ContinuousClock.now
    let writer = NamedThread.start("ledger-write") {
      do {
        let writer = try Writer(file.database, log: number, events: Teller.topic, keepsAsks: false)
        WriterLoop(
          inlet: inlet, meters: meters, log: .silent, condition: Readiness().condition("file"), news: news,
          fatal: { Log.standardError($0) }
        ).run(writer)
      } catch { Log.standardError("\(error)") }
    }
    let search = SearchLoop(data: folder, news: news, meters: meters, log: .silent)
    var burst: [Entry] = []
    try RecordFile.read(folder + "/records") { record in
      burst.append(Entry(event: record))
      guard burst.count == 256 else { return }
      inlet.put(burst)
      burst.removeAll(keepingCapacity: true)
    }
    inlet.put(burst)
    inlet.close()
    writer.join()
    let written = ContinuousClock.now - begun
    rate("rows and projections", made.records, written)

    let archive = try Archive(file.path)
    let last = try archive.lastSeq
    let texts = try archive.search()
    while (try texts.number("SELECT seq FROM progress") ?? 0) < last { Pause.milliseconds(20) }
    let searched = ContinuousClock.now - begun
    rate("full text", made.records, searched)
    print("full text follows \(seconds(searched - written)) s behind")
    search.stop()

    let id =
      try archive.database.prepare("SELECT id FROM deliberations ORDER BY asked LIMIT 1 OFFSET 100").rows {
        $0.text(0)
      }.first ?? ""
    try time("show") { _ = try archive.timeline(id)?.bytes }
    try time("result") { _ = try archive.result(id)?.bytes }
    try time("list, filtered") {
      _ = try archive.list(Archive.Filter(tenant: "default", status: "completed", mode: "best-of")).bytes
    }
    try time("list, by model") { _ = try archive.list(Archive.Filter(model: Teller.models[0])).bytes }
    try time("list, nothing found") { _ = try archive.list(Archive.Filter(tenant: "default", status: "failed")).bytes }
    try time("totals") { _ = try archive.totals(tenant: nil, since: nil, until: nil).bytes }
    try time("search, one word") { _ = try archive.search("brea", tenant: nil, limit: 20).bytes }
    try time("search, two words") { _ = try archive.search("brea stou", tenant: nil, limit: 20).bytes }
    try time("search, nothing found") { _ = try archive.search("zebra", tenant: nil, limit: 20).bytes }
    let audit = try timed { try Audit.all(archive) }
    rate("verify --all (\(audit.value.found) findings)", made.records, audit.spent)
    let before = try Rebuild.fingerprint(file.database)
    let rebuilt = try timed { try Rebuild.run(file.database) }
    rate("--rebuild", rebuilt.value.events, rebuilt.spent)
    print(try Rebuild.fingerprint(file.database) == before ? "rebuilt byte for byte" : "REBUILT DIFFERENTLY")
  }

  private static func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, spent: Duration) {
    let begun = ContinuousClock.now
    let value = try body()
    return (value, ContinuousClock.now - begun)
  }

  /// The slowest of eleven and the one in the middle.
  private static func time(_ name: String, _ body: () throws -> Void) throws {
    let times = try (0..<11).map { _ in try timed(body).spent }.sorted()
    print("\(name): \(milliseconds(times[5])) ms in the middle, \(milliseconds(times[10])) ms at most")
  }

  private static func rate(_ name: String, _ count: Int, _ spent: Duration) {
    let whole = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    print("\(name): \(seconds(spent)) s, \(Int(Double(count) / max(whole, 0.001))) a second")
  }

  private static func seconds(_ duration: Duration) -> String { String(milliseconds(duration) / 1000) }

  private static func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return (Double(seconds) * 1000 + Double(attoseconds) / 1e15).rounded(.toNearestOrAwayFromZero)
  }
}
