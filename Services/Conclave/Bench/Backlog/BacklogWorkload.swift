internal import Bus
internal import Deliberation
internal import Glibc
internal import Web

/// Asks that wait in their topic: what they do to those who ask beside them, how fast they drain, and how long it takes
/// to come back with them, or with one old deliberation, open.
struct BacklogWorkload {
  /// Milliseconds that the provider takes for each call.
  static let latency = 500
  /// How many calls each caller has in flight while draining is measured: the provider is what bounds.
  static let inFlight = 64

  let context: BenchContext
  let asks: Int
  let holdMinutes: Int
  let seconds: Int
  var section: Section

  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let asks = try context.arguments.number("--asks", in: 500...1_000_000) ?? context.size.of(4_000, 20_000, 100_000)
    let hold = try context.arguments.number("--hold-minutes", in: 1...30) ?? context.size.of(1, 3, 30)
    var workload = BacklogWorkload(
      context: context, asks: asks, holdMinutes: hold, seconds: try context.seconds(15),
      section: Section("backlog", "\(asks) bulk asks wait, \(context.bus)"))
    workload.section.json["asks"] = .int(Int64(asks))
    try context.onBus { bus throws(CommandError) in try workload.waiting(bus) }
    try context.onBus { bus throws(CommandError) in try workload.held(bus) }
    return workload.section
  }

  private static let panel = FusionBench.Panel(latency: latency...latency)

  // MARK: a backlog

  private mutating func waiting(_ bus: BenchBus) throws(CommandError) {
    let client = HTTPClient()
    defer { client.shutdown() }
    var system = try BenchSystem(bus, BenchSystem.Shape(open: 100))
    defer { system.stop(abruptly: true) }
    let warm = FusionBench(system, client, Self.panel, .seconds(context.size.of(5, 20, 20)))
    _ = try awaited { () async throws(CommandError) in await warm.round(clients: 16) }
    let idle = try interactive(system, client)
    let settings = try bus.kafka
    let fill = try BenchFill(settings, context.log)
    defer { fill.close() }
    let began = ContinuousClock.now
    let topics = Topics(settings)
    try fill.write(asks) { [Self.ask($0, topics)] }
    let filled = (ContinuousClock.now - began) / .seconds(1)
    let beside = try interactive(system, client)
    let ratio = beside.whole(0.5) / idle.whole(0.5)
    section.lines.append(
      """
      interactive asks (4 clients, models of \(Self.latency) ms): p50 \(Self.ms(idle.whole(0.5))) ms idle, \
      \(Self.ms(beside.whole(0.5))) ms beside the backlog (× \(BenchTable.rounded(ratio, 2)), goal 2); beyond the models' time \
      \(Self.ms(idle.p50)) and \(Self.ms(beside.p50)) ms, p99 \(Self.ms(idle.p99)) and \(Self.ms(beside.p99)) ms \
      (n \(idle.requests), \(beside.requests)); \(asks) asks were written in \(BenchTable.rounded(filled, 1)) s
      """)
    section.json["interactive"] = [
      "idle_p50_seconds": .double(idle.whole(0.5)), "beside_p50_seconds": .double(beside.whole(0.5)),
      "ratio": .double(ratio), "idle_p99_seconds": .double(idle.whole(0.99)),
      "beside_p99_seconds": .double(beside.whole(0.99)),
    ]
    section.isSound = section.isSound && idle.errors.isEmpty && beside.errors.isEmpty

    // everything dies, and comes back with the backlog as it was
    system.stop(abruptly: true)
    system = try BenchSystem(bus, BenchSystem.Shape(open: 100))
    let first = try awaited { [system] () async throws(CommandError) in
      await FusionBench(system, client, FusionBench.Panel(latency: 0...0), .seconds(1)).all(1)
    }
    let recovery = system.readySeconds + (first ?? .nan)
    section.lines.append(
      """
      after a kill of everything with the backlog open: ready after \(BenchTable.rounded(system.readySeconds, 1)) s, the \
      first new ask answered after \(BenchTable.rounded(recovery, 1)) s
      """)
    section.json["recovery"] = ["ready_seconds": .double(system.readySeconds), "answered_seconds": .double(recovery)]
    system.stop()
    try drain(bus, client)
  }

  /// A few who wait for each answer, as people do.
  private func interactive(_ system: BenchSystem, _ client: HTTPClient) throws(CommandError) -> FusionBench.Round {
    let bench = FusionBench(system, client, Self.panel, .seconds(seconds))
    return try awaited { () async throws(CommandError) in await bench.round(clients: 4) }
  }

  private mutating func drain(_ bus: BenchBus, _ client: HTTPClient) throws(CommandError) {
    var rates: [(callers: Int, rate: Double, cores: Double)] = []
    for callers in [1, 2, 4] {
      let shape = BenchSystem.Shape(open: 500, callers: callers, inFlight: Self.inFlight)
      let system = try BenchSystem(bus, shape)
      // gently: callers without a name would be waited for by their group
      defer { system.stop() }
      rates.append(
        try awaited { [seconds, context] () async throws(CommandError) in
          // what the last life left open is asked for once more; then it is steady
          try? await Task.sleep(for: .seconds(context.size.of(6, 12, 12)))
          let before = system.processes.sample()
          let from = ContinuousClock.now
          let started = await system.metric("conclave_calls_completed_total", of: "model-caller", client)
          try? await Task.sleep(for: .seconds(seconds))
          let ended = await system.metric("conclave_calls_completed_total", of: "model-caller", client)
          let time = (ContinuousClock.now - from) / .seconds(1)
          let use = system.processes.use(before, system.processes.sample())
          return (callers, (ended - started) / 4 / time, use.cpu.total / use.seconds)
        })
    }
    let most = Double(Self.inFlight) / Double(Self.latency) * 1_000 / 4
    section.tables.append(
      BenchTable(
        head: """
          draining, each caller with \(Self.inFlight) calls of \(Self.latency) ms in flight, so at most \
          \(BenchTable.rounded(most, 0)) fusions/s a caller
          """,
        rows: [["callers", "fusions/s", "× one", "of the bound", "cores", "100,000 would take"]]
          + rates.map {
            [
              "\($0.callers)", BenchTable.rounded($0.rate, 1), BenchTable.rounded($0.rate / rates[0].rate, 2),
              BenchTable.rounded($0.rate / most / Double($0.callers), 2), BenchTable.rounded($0.cores, 2),
              BenchTable.rounded(100_000 / $0.rate / 60, 1) + " min",
            ]
          }))
    section.json["draining"] = .array(
      rates.map {
        ["callers": .int(Int64($0.callers)), "fusions_per_second": .double($0.rate), "cores": .double($0.cores)]
      })
    if rates.contains(where: { $0.rate <= 0 }) {
      section.warnings.append("the backlog was over before its draining was measured: --asks more")
    }
  }

  /// An ask as a pipeline writes it.
  private static func ask(_ number: Int, _ topics: Topics) -> Outgoing {
    let models = (0..<panel.members).map { JSON.string("simulator/model-\($0)+latency-\(latency)") }
    let value: JSON = [
      "request": [
        "model": "openrouter/fusion", "messages": [["role": "user", "content": .string("What about \(number)?")]],
        "plugins": [
          [
            "id": "fusion", "mode": "best-of", "analysis_models": .array(models),
            "model": .string("simulator/model-judge+latency-\(latency)"),
          ]
        ],
      ]
    ]
    let envelope = Envelope(
      id: "bulk-\(number)", type: "conclave.ask.v1", source: "/conclave/bench", time: WallTime.now.rfc3339)
    return Outgoing(
      topic: topics.requestsBulk, partition: Int32(number % 12), key: nil, value: value.bytes, headers: envelope.headers
    )
  }

  private static func ms(_ seconds: Double) -> String { BenchTable.rounded(seconds * 1_000, 0) }
}

extension FusionBench.Round {
  /// With the models' time.
  fileprivate func whole(_ part: Double) -> Double {
    Spread.percentile(overheads, part) + Double(2 * BacklogWorkload.latency) / 1_000
  }
}
