internal import Bus
internal import Deliberation
internal import Folding
internal import FoundationEssentials
internal import Glibc
internal import Telemetry
internal import Web

/// Recorded answers through an aggregator alone. It is started, stopped where it stands (SIGSTOP), given a log of panels
/// whose answers are all there, read once by a plain C consumer, and then let go: what it does is the live path of
/// production, one record after the other, each seal acknowledged.
enum AggregationWorkload {
  private static let answerBytes = 2_048

  private struct Run {
    let members: Int
    let sets: Int
    let records: Int
    let setsPerSecond: Double
    let recordsPerSecond: Double
    let plainPerSecond: Double
    let cpuPerSet: Double
    let megabytes: Double

    var ratio: Double { recordsPerSecond / plainPerSecond }
  }

  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let answers =
      try context.arguments.number("--answers", in: 1_000...10_000_000) ?? context.size.of(20_000, 100_000, 1_000_000)
    let rounds = try context.rounds
    var runs: [(members: Int, rounds: [Run])] = []
    for members in [3, 8] {
      var done: [Run] = []
      for _ in 0..<rounds { done.append(try measure(context, members: members, sets: answers / members)) }
      runs.append((members, done))
    }
    var section = Section(
      "aggregation", "\(answers) recorded answers of 2 KB through an aggregator alone, \(context.bus)")
    section.tables = [table(runs)]
    section.lines = ["aggregator / C: records a second beside those of a plain C consumer; goal: at least 0.5"]
    section.json = [
      "answers": .int(Int64(answers)), "answer_bytes": .int(Int64(answerBytes)),
      "panels": .array(
        runs.map { members, rounds in
          [
            "members": .int(Int64(members)), "sets": .int(Int64(rounds[0].sets)),
            "sets_per_second": Spread(rounds.map(\.setsPerSecond)).json,
            "records_per_second": Spread(rounds.map(\.recordsPerSecond)).json,
            "plain_c_records_per_second": Spread(rounds.map(\.plainPerSecond)).json,
            "ratio": Spread(rounds.map(\.ratio)).json, "cpu_seconds_per_set": Spread(rounds.map(\.cpuPerSet)).json,
            "megabytes": Spread(rounds.map(\.megabytes)).json,
          ]
        }),
    ]
    return section
  }

  private static func table(_ runs: [(members: Int, rounds: [Run])]) -> BenchTable {
    let rows = runs.map { members, rounds in
      [
        "\(members)", "\(rounds[0].sets)", Spread(rounds.map(\.setsPerSecond)).text(0),
        Spread(rounds.map(\.recordsPerSecond)).text(0), Spread(rounds.map(\.plainPerSecond)).text(0),
        Spread(rounds.map(\.ratio)).text(2), Spread(rounds.map(\.cpuPerSet)).text(0, times: 1e6),
        Spread(rounds.map(\.megabytes)).text(0),
      ]
    }
    return BenchTable(
      head: "all open at once; least / middle / most of \(runs.first?.rounds.count ?? 0) rounds",
      rows: [
        [
          "members", "sets", "sets/s", "records/s", "plain C records/s", "aggregator / C", "CPU us/set",
          "MB at the end",
        ]
      ] + rows)
  }

  private static func measure(_ context: BenchContext, members: Int, sets: Int) throws(CommandError) -> Run {
    let recorded: RecordedDeliberation
    do {
      recorded = try RecordedDeliberation(
        .panel, members: members, answerBytes: answerBytes, start: WallTime.now.milliseconds)
    } catch { throw .failed("\(error)") }
    return try context.onBus { bus throws(CommandError) in
      let settings = try bus.kafka
      try awaited { () async throws(CommandError) in
        do { try await Admin.create(settings, log: context.log, within: .seconds(30)) } catch {
          throw .failed("\(error)")
        }
      }
      let child = try start(bus, settings)
      defer { child.end() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let admin = try ready(child, client)
      // long enough under way that nobody takes its partitions from it: five minutes, as its session says
      child.signal(SIGSTOP)
      let fill = try BenchFill(settings, context.log)
      defer { fill.close() }
      let topic = Topics(settings).events
      try fill.write(sets) { recorded.records($0, topic: topic) }
      let records = sets * recorded.count
      let plain = try awaited { () async throws(CommandError) in
        do {
          return try await PlainProbe.reading(
            settings, topic: topic, starts: Array(repeating: 0, count: settings.partitions ?? 12), records: records,
            within: .seconds(120))
        } catch { throw .failed("\(error)") }
      }
      guard let plain else { throw .failed("the plain consumer did not read \(records) records within 120 s") }
      let cpu = ProcessFigures.cpu(child.pid)
      let began = ContinuousClock.now
      child.signal(SIGCONT)
      let seconds = try sealed(sets, admin, client, began)
      return Run(
        members: members, sets: sets, records: records, setsPerSecond: Double(sets) / seconds,
        recordsPerSecond: Double(records) / seconds, plainPerSecond: plain,
        cpuPerSet: (ProcessFigures.cpu(child.pid) - cpu) / Double(sets), megabytes: ProcessFigures.memory(child.pid))
    }
  }

  private static func start(_ bus: BenchBus, _ settings: BusSettings) throws(CommandError) -> BenchChild {
    var environment = bus.context.environment
    environment["CONCLAVE_KAFKA"] = settings.bootstrap
    environment["CONCLAVE_TOPIC_PREFIX"] = bus.prefix
    environment["CONCLAVE_EMBEDDED"] = nil
    environment["CONCLAVE_KAFKA_SESSION_TIMEOUT_MS"] = "300000"
    environment["CONCLAVE_INSTANCE"] = "aggregator-0"
    environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
    environment["CONCLAVE_ANNOUNCE_FD"] = "3"
    environment["CONCLAVE_DATA"] = bus.folder
    environment["CONCLAVE_LOG"] = "error"
    return try BenchChild(UpPlan.executableFolder + "/aggregator", [], environment)
  }

  /// Where its admin door is, once it owns its partitions.
  private static func ready(_ child: BenchChild, _ client: HTTPClient) throws(CommandError) -> String {
    guard let admin = try child.announcement(within: .seconds(60)).admin else {
      throw .failed("the aggregator did not say where it is")
    }
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      let partitions = try metric("conclave_folding_partitions", admin, client)
      if partitions >= 12 { return admin }
      usleep(50_000)
    }
    throw .failed("the aggregator did not own its partitions within 60 s")
  }

  /// Seconds until the brokers had every seal.
  private static func sealed(
    _ sets: Int, _ admin: String, _ client: HTTPClient, _ began: ContinuousClock.Instant
  ) throws(CommandError) -> Double {
    let end = began + .seconds(900)
    var last = 0.0
    while ContinuousClock.now < end {
      last = try metric("conclave_folding_acknowledged_total", admin, client)
      if last >= Double(sets) { return (ContinuousClock.now - began) / .seconds(1) }
      usleep(20_000)
    }
    throw .failed("\(Int(last)) of \(sets) sets were sealed within 900 s")
  }

  private static func metric(_ name: String, _ admin: String, _ client: HTTPClient) throws(CommandError) -> Double {
    try awaited { () async throws(CommandError) in
      let request = HTTPRequest(
        url: "http://\(admin)/metrics", timeouts: HTTPRequest.Timeouts(total: .seconds(10)))
      guard let response = try? await client.send(request), response.status == 200 else { return 0 }
      return MetricsText.sum(String(decoding: response.body, as: UTF8.self), name)
    }
  }
}
