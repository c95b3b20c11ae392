internal import Bus
internal import Deliberation
internal import Folding
internal import Web

/// What a fusion costs as one thing grows: the panel, the answers, the log.
enum GrowthWorkload {
  private static let latency = 20...20

  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    var section = Section("growth", "CPU per fusion of services and broker as one thing grows, \(context.bus)")
    let rounds = try context.rounds
    let seconds = try context.seconds(5)
    try add(try members(context, rounds, seconds), to: &section)
    try add(try answers(context, rounds, seconds), to: &section)
    if context.kafka == nil {
      section.lines.append("over the length of the log: left out: needs --kafka host:port")
    } else {
      try add(try log(context, rounds, seconds), to: &section)
    }
    return section
  }

  /// One thing that grew, and what a fusion cost then.
  private struct Curve {
    let name: String
    let what: String
    var points: [(size: Double, cost: Spread, rate: Spread, errors: Int)] = []

    var plot: SVGPlot {
      SVGPlot(
        name: "growth-\(name)", title: "CPU per fusion over \(what)", x: what, y: "CPU ms per fusion",
        points: points.map { SVGPlot.Point(x: $0.size, y: $0.cost.middle) })
    }
  }

  private static func add(_ curve: Curve, to section: inout Section) throws(CommandError) {
    let plot = curve.plot
    let rows = curve.points.map {
      [BenchTable.rounded($0.size, 0), $0.cost.text(2), $0.rate.text(1), "\($0.errors)"]
    }
    section.tables.append(
      BenchTable(
        head: "over \(curve.what): slope \(BenchTable.rounded(plot.slope, 2)) of the logarithms, \(plot.verdict)",
        rows: [[curve.what, "CPU ms/fusion", "fusions/s", "errors"]] + rows))
    section.plots.append(plot)
    section.json[curve.name] = [
      "slope": .double(plot.slope), "verdict": .string(plot.verdict),
      "points": .array(
        curve.points.map {
          [
            "size": .double($0.size), "cpu_ms_per_fusion": $0.cost.json, "fusions_per_second": $0.rate.json,
            "errors": .int(Int64($0.errors)),
          ]
        }),
    ]
    if curve.points.contains(where: { $0.errors > 0 || !$0.cost.middle.isFinite }) { section.isSound = false }
  }

  private static func members(
    _ context: BenchContext, _ rounds: Int, _ seconds: Int
  ) throws(CommandError) -> Curve {
    let sizes = context.size.of([1, 4, 8], [1, 2, 3, 4, 6, 8], [1, 2, 3, 4, 5, 6, 7, 8])
    var curve = Curve(name: "members", what: "members of the panel")
    try onSystem(context) { system, client throws(CommandError) in
      for size in sizes {
        let panel = FusionBench.Panel(members: size, latency: latency)
        curve.points.append(
          try measured(FusionBench(system, client, panel, .seconds(seconds)), Double(size), 32, rounds))
      }
    }
    return curve
  }

  private static func answers(
    _ context: BenchContext, _ rounds: Int, _ seconds: Int
  ) throws(CommandError) -> Curve {
    // what fits: (80 % of a record) / (members + 2), with room for the rest of an outcome
    let sizes = context.size.of(
      [1_000, 16_000, 150_000], [1_000, 4_000, 16_000, 64_000, 150_000], [1_000, 4_000, 16_000, 64_000, 150_000])
    var curve = Curve(name: "answers", what: "bytes of each answer")
    try onSystem(context) { system, client throws(CommandError) in
      for size in sizes {
        let panel = FusionBench.Panel(latency: latency, answerBytes: size)
        // few that are large take their time
        let time = Duration.seconds(size > 10_000 ? 4 * seconds : seconds)
        curve.points.append(try measured(FusionBench(system, client, panel, time), Double(size), 8, rounds))
      }
    }
    return curve
  }

  private static func log(_ context: BenchContext, _ rounds: Int, _ seconds: Int) throws(CommandError) -> Curve {
    let sizes = try logSizes(context)
    let recorded: RecordedDeliberation
    do {
      recorded = try RecordedDeliberation(
        .whole, members: 3, answerBytes: 200, start: WallTime.now.milliseconds)
    } catch { throw .failed("\(error)") }
    var curve = Curve(name: "log", what: "events in the log")
    try context.onBus { bus throws(CommandError) in
      let settings = try bus.kafka
      let system = try BenchSystem(bus, BenchSystem.Shape(open: 500))
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let fill = try BenchFill(settings, context.log)
      defer { fill.close() }
      let topic = Topics(settings).events
      var written = 0
      for size in sizes {
        let deliberations = (size - written) / recorded.count
        let first = written / recorded.count
        try fill.write(deliberations) { recorded.records(first + $0, topic: topic) }
        written += deliberations * recorded.count
        let isQuiet = try awaited { () async throws(CommandError) in
          await Quiet.isReached(system.processes, within: .seconds(900))
        }
        guard isQuiet else { throw .failed("the services were still reading \(size) events after 15 minutes") }
        let panel = FusionBench.Panel(latency: latency)
        curve.points.append(
          try measured(FusionBench(system, client, panel, .seconds(seconds)), Double(size), 32, rounds))
      }
    }
    return curve
  }

  private static func logSizes(_ context: BenchContext) throws(CommandError) -> [Int] {
    guard let text = context.arguments["--log-events"] else {
      return context.size.of([1_000, 10_000], [10_000, 100_000], [10_000, 100_000, 1_000_000, 10_000_000])
    }
    let sizes = text.split(separator: ",").compactMap { Int($0) }.filter { (100...100_000_000).contains($0) }
    guard sizes.count == text.split(separator: ",").count, sizes == sizes.sorted(), !sizes.isEmpty else {
      throw .usage("--log-events \"\(text)\" must be growing numbers from 100, comma separated")
    }
    return sizes
  }

  private static func onSystem(
    _ context: BenchContext, _ body: (BenchSystem, HTTPClient) throws(CommandError) -> Void
  ) throws(CommandError) {
    try context.onBus { bus throws(CommandError) in
      let system = try BenchSystem(bus, BenchSystem.Shape(open: 500))
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let panel = FusionBench.Panel(latency: latency)
      let warm = FusionBench(system, client, panel, .seconds(context.kafka == nil ? 3 : context.size.of(5, 20, 20)))
      _ = try awaited { () async throws(CommandError) in await warm.round(clients: 32) }
      try body(system, client)
    }
  }

  /// The simulator writes the answers and the client reads them: both grow by themselves and are not what is asked about.
  private static func measured(
    _ bench: FusionBench, _ size: Double, _ clients: Int, _ rounds: Int
  ) throws(CommandError) -> (size: Double, cost: Spread, rate: Spread, errors: Int) {
    try awaited { () async throws(CommandError) in
      var done: [FusionBench.Round] = []
      for _ in 0..<rounds { done.append(await bench.round(clients: clients)) }
      let costs = done.map { $0.costs.without([BenchSystem.generator, "model-simulator"]).total }
      return (
        size, Spread(costs), Spread(done.map(\.rate)),
        done.reduce(0) { $0 + $1.errors.values.reduce(0, +) }
      )
    }
  }
}
