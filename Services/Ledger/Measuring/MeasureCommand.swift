internal import Bus
internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Store
internal import Telemetry
internal import Threads

/// `ledger --measure [events] [--hold]`: how fast this machine writes the log down and answers, on records like those of panels of
/// three with answers of 2 KB. The records are made first and read from a file, so that making them costs nothing.
/// `--hold` makes what was promised a condition: status 1 names what was not kept.
enum MeasureCommand {
  /// What a ledger keeps on two cores with a million events.
  private enum Promise {
    static let eventsPerSecond = 20_000.0
    static let searchSeconds = 30.0
    static let show = 50.0
    static let list = 100.0
    static let search = 200.0
  }

  /// The words behind `--measure`; nil where they are none.
  static func words(_ words: some Collection<String>) -> (count: Int, holds: Bool)? {
    var (count, holds) = (1_000_000, false)
    for word in words {
      if word == "--hold" {
        holds = true
      } else if let number = Int(word), number > 0 {
        count = number
      } else {
        return nil
      }
    }
    return (count, holds)
  }

  static func run(_ count: Int, holds: Bool) -> Never {
    do {
      var broken: [String] = []
      try measure(count, &broken)
      for line in broken { Log.standardError("not kept: \(line)") }
      exit(holds && !broken.isEmpty ? 1 : 0)
    } catch {
      Log.standardError("ledger --measure: \(error)")
      exit(1)
    }
  }

  private static func measure(_ count: Int, _ broken: inout [String]) throws {
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
      burst.append(Entry(event: record, partitions: Teller.partitions))
      guard burst.count == 256 else { return }
      inlet.put(burst)
      burst.removeAll(keepingCapacity: true)
    }
    inlet.put(burst)
    inlet.close()
    writer.join()
    let written = ContinuousClock.now - begun
    let speed = rate("rows and projections", made.records, written)
    if speed < Promise.eventsPerSecond { broken.append("\(Int(Promise.eventsPerSecond)) events a second") }

    let archive = try Archive(file.path)
    let last = try archive.lastSeq
    let texts = try archive.search()
    while (try texts.number("SELECT seq FROM progress") ?? 0) < last { Pause.milliseconds(20) }
    let searched = ContinuousClock.now - begun
    _ = rate("full text", made.records, searched)
    print("full text follows \(seconds(searched - written)) s behind")
    if searched - written > .seconds(Promise.searchSeconds) {
      broken.append("full text within \(Promise.searchSeconds) s")
    }
    search.stop()

    let id =
      try archive.database.prepare("SELECT id FROM deliberations ORDER BY asked LIMIT 1 OFFSET 100").rows {
        $0.text(0)
      }.first ?? ""
    func list(_ name: String, _ filter: Archive.Filter) throws {
      try time("list, \(name)", Promise.list, &broken) { _ = try archive.list(filter).bytes }
    }
    let middle = try archive.database.number("SELECT asked FROM deliberations ORDER BY asked LIMIT 1 OFFSET 5000") ?? 0
    try time("show", Promise.show, &broken) { _ = try archive.timeline(id)?.bytes }
    try time("result", Promise.show, &broken) { _ = try archive.result(id)?.bytes }
    try list("filtered", Archive.Filter(tenant: "default", status: "completed", mode: "best-of"))
    try list("by model", Archive.Filter(model: Teller.models[0]))
    try list("a rare tenant and a rare mode", Archive.Filter(tenant: "rare", mode: "best-of"))
    try list("of a tenant, in an hour", Archive.Filter(tenant: "rare", since: middle, until: middle + 3_600_000))
    try list("of a mode, before", Archive.Filter(mode: "best-of", until: middle))
    try list("nothing found", Archive.Filter(tenant: "default", status: "failed"))
    try list("nothing found of a mode", Archive.Filter(tenant: "rare", mode: "debate"))
    try time("totals", Promise.list, &broken) { _ = try archive.totals(tenant: nil, since: nil, until: nil).bytes }
    for (name, words) in [("one word", "brea"), ("two words", "brea stou"), ("nothing found", "zebra")] {
      try time("search, \(name)", Promise.search, &broken) {
        _ = try archive.search(words, tenant: nil, limit: 20).bytes
      }
    }
    try time("search, of a rare tenant", Promise.search, &broken) {
      _ = try archive.search("brea stou", tenant: "rare", limit: 20).bytes
    }
    let audit = try timed { try Audit.all(archive) }
    _ = rate("verify --all (\(audit.value.found) findings)", made.records, audit.spent)
    if audit.value.found > 0 { broken.append("nothing found by verify") }
    let before = try Rebuild.fingerprint(file.database)
    let rebuilt = try timed { try Rebuild.run(file.database) }
    _ = rate("--rebuild", rebuilt.value.events, rebuilt.spent)
    let isSame = try Rebuild.fingerprint(file.database) == before
    print(isSame ? "rebuilt byte for byte" : "REBUILT DIFFERENTLY")
    if !isSame { broken.append("a rebuild gives the same bytes") }
  }

  private static func timed<Value>(_ body: () throws -> Value) rethrows -> (value: Value, spent: Duration) {
    let begun = ContinuousClock.now
    let value = try body()
    return (value, ContinuousClock.now - begun)
  }

  /// The slowest of eleven and the one in the middle.
  private static func time(
    _ name: String, _ most: Double, _ broken: inout [String], _ body: () throws -> Void
  ) throws {
    let times = try (0..<11).map { _ in try timed(body).spent }.sorted()
    print("\(name): \(milliseconds(times[5])) ms in the middle, \(milliseconds(times[10])) ms at most")
    if milliseconds(times[10]) > most { broken.append("\(name) within \(Int(most)) ms") }
  }

  private static func rate(_ name: String, _ count: Int, _ spent: Duration) -> Double {
    let whole = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    print("\(name): \(seconds(spent)) s, \(Int(Double(count) / max(whole, 0.001))) a second")
    return Double(count) / max(whole, 0.001)
  }

  private static func seconds(_ duration: Duration) -> String { String(milliseconds(duration) / 1000) }

  private static func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return (Double(seconds) * 1000 + Double(attoseconds) / 1e15).rounded(.toNearestOrAwayFromZero)
  }
}
