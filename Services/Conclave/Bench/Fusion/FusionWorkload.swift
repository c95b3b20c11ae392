internal import Bus
internal import Deliberation
internal import Web

/// Overhead and saturation: the same panels; what differs is how long a model takes and how many ask.
struct FusionWorkload {
  private let context: BenchContext
  private let rounds: Int
  private let counts: [Int]
  private let bench: FusionBench
  private let probe: PlainProbe
  private var hops = HopFigures()

  /// Most answers a second with p99 under that.
  static let bound = 0.25
  static let mostClients = 1_024

  static func overhead(_ context: BenchContext) throws(CommandError) -> Section {
    let clients = context.size.of([1, 32], [1, 32, 256, 512], [1, 32, 256, 512])
    return try run(context, "overhead", usual: 200...200, clients: clients)
  }

  static func saturation(_ context: BenchContext) throws(CommandError) -> Section {
    // named clients are measured; without, the number is looked for
    try run(context, "saturation", usual: 0...20, clients: [])
  }

  private static func run(
    _ context: BenchContext, _ name: String, usual: ClosedRange<Int>, clients: [Int]
  ) throws(CommandError) -> Section {
    let panel = FusionBench.Panel(latency: try context.latency(usual: usual))
    let counts = try context.counts(usual: clients)
    let seconds = try context.seconds(8)
    let rounds = try context.rounds
    let most = counts.max() ?? mostClients
    return try context.onBus { bus throws(CommandError) in
      let probe = try bus.probe()
      let system = try BenchSystem(bus, BenchSystem.Shape(open: max(500, 2 * most)))
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let bench = FusionBench(system, client, panel, .seconds(seconds))
      return try awaited { () async throws(CommandError) in
        var load = FusionWorkload(context: context, rounds: rounds, counts: counts, bench: bench, probe: probe)
        return try await load.measured(name)
      }
    }
  }

  private init(context: BenchContext, rounds: Int, counts: [Int], bench: FusionBench, probe: PlainProbe) {
    self.context = context
    self.rounds = rounds
    self.counts = counts
    self.bench = bench
    self.probe = probe
  }

  private mutating func measured(_ name: String) async throws(CommandError) -> Section {
    let isEmbedded = context.kafka == nil
    let rest = await RestFigures.of(
      bench.system, isEmbedded: isEmbedded, settling: .seconds(context.size.of(2, 5, 10)),
      over: .seconds(context.size.of(3, 10, 10)))
    // a broker's JVM is many times slower before its code is compiled
    let warmSeconds = isEmbedded ? context.size.of(2, 3, 3) : context.size.of(8, 20, 20)
    let warm = await FusionBench(bench.system, bench.client, bench.panel, .seconds(warmSeconds)).round(clients: 32)
    var levels: [FusionBench.Level] = []
    var most: (bound: Double, level: FusionBench.Level?)?
    if counts.isEmpty {
      (levels, most) = try await search()
    } else {
      for clients in counts { levels.append(try await level(clients, rounds)) }
    }
    var section = Section(name, "fusions under load, \(context.bus)")
    FusionSection(
      panel: bench.panel, levels: levels, most: most, hops: hops, rest: rest, warm: (warmSeconds, warm.requests)
    ).fill(&section)
    return section
  }

  private mutating func level(_ clients: Int, _ rounds: Int) async throws(CommandError) -> FusionBench.Level {
    var done: [FusionBench.Round] = []
    for _ in 0..<rounds {
      done.append(await bench.round(clients: clients))
      do { hops.add(hops: try await probe.hops(200), chains: try await probe.hops(40, links: FusionPath.hops)) } catch {
        throw .failed("\(error)")
      }
    }
    return FusionBench.Level(clients: clients, rounds: done, path: await bench.path(of: done.last?.answered ?? []))
  }

  private static func isGood(_ level: FusionBench.Level) -> Bool {
    level.errors == 0 && level.spread(\.p99).middle < bound
  }

  /// On a busy machine one bad round says little: what fails gets a second one.
  private mutating func attempt(_ clients: Int) async throws(CommandError) -> FusionBench.Level {
    let first = try await level(clients, 1)
    return Self.isGood(first) ? first : try await level(clients, 1)
  }

  /// Twice as many clients until p99 is over the bound, then halves of what is between, then the best once more with all
  /// rounds.
  private mutating func search() async throws(CommandError) -> (
    [FusionBench.Level], (bound: Double, level: FusionBench.Level?)
  ) {
    var tried: [FusionBench.Level] = []
    var good = 0
    var bad: Int?
    var clients = 8
    while clients <= Self.mostClients {
      let level = try await attempt(clients)
      tried.append(level)
      guard Self.isGood(level) else {
        bad = clients
        break
      }
      good = clients
      clients *= 2
    }
    while let over = bad, over - good > max(1, good / 8) {
      let between = (good + over) / 2
      let level = try await attempt(between)
      tried.append(level)
      if Self.isGood(level) { good = between } else { bad = between }
    }
    let best = tried.filter(Self.isGood).max { $0.spread(\.rate).middle < $1.spread(\.rate).middle }
    let again = if let best, rounds > 1 { try await level(best.clients, rounds) } else { best }
    return (tried.sorted { $0.clients < $1.clients }, (Self.bound, again))
  }
}
