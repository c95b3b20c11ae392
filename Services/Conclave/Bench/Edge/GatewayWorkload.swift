internal import Deliberation
internal import Web

/// The gateway under load, for people and for programs.
enum GatewayWorkload {
  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let counts = try context.counts(usual: context.size.of([32], [1, 32, 256, 512], [1, 32, 256, 512]))
    let seconds = try context.seconds(5)
    let stages = try context.onBus { bus throws(CommandError) in
      let system = try BenchSystem(bus, BenchSystem.Shape(open: max(500, counts.max() ?? 0)))
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let bench = GatewayBench(system: system, client: client, duration: .seconds(seconds))
      return try awaited { () async throws(CommandError) -> [GatewayBench.Stage] in
        var stages: [GatewayBench.Stage] = []
        for kind in GatewayBench.Kind.allCases {
          for clients in counts { stages.append(await bench.stage(kind, clients: clients)) }
        }
        return stages
      }
    }
    var section = Section("gateway", "the HTTP edge, one plain call, one fusion; models answer at once, \(context.bus)")
    section.tables = [table(stages, seconds), shares(stages)]
    section.json["stages"] = json(stages)
    section.isSound = stages.allSatisfy { $0.requests > 0 && $0.errors == 0 }
    section.warnings = stages.filter { $0.use.busiestThread > ProcessUse.generatorBound }.map {
      "\($0.kind.rawValue), \($0.clients) clients: the load generator's busiest thread may be what bounds this"
    }
    return section
  }

  private static func table(_ stages: [GatewayBench.Stage], _ seconds: Int) -> BenchTable {
    let rows = stages.map { stage in
      let cpu = stage.use.cpu.total
      return [
        stage.kind.rawValue, "\(stage.clients)", BenchTable.rounded(stage.rate, 1),
        BenchTable.rounded(stage.p50 * 1_000, 2), BenchTable.rounded(stage.p99 * 1_000, 2), "\(stage.errors)",
        BenchTable.rounded(cpu / Double(max(stage.requests, 1)) * 1_000, 2),
        BenchTable.rounded(cpu / max(stage.use.seconds, 0.001), 2),
      ]
    }
    return BenchTable(
      head: """
        \(seconds) s a stage
        where the cores in use are all that there are, the processor is the bound; else it is the waiting of each step
        """,
      rows: [["", "clients", "per second", "p50 ms", "p99 ms", "errors", "CPU ms each", "cores in use"]] + rows)
  }

  private static func shares(_ stages: [GatewayBench.Stage]) -> BenchTable {
    let names = stages.first?.use.cpu.names ?? []
    let rows = stages.map { stage in
      ["\(stage.kind.rawValue), \(stage.clients)"]
        + names.map {
          BenchTable.rounded(stage.use.cpu[$0] / max(stage.use.cpu.total, 0.001) * 100, 0)
        }
    }
    return BenchTable(head: "share of the CPU in %", rows: [["clients"] + names] + rows)
  }

  private static func json(_ stages: [GatewayBench.Stage]) -> JSON {
    .array(
      stages.map { stage in
        [
          "kind": .string(stage.kind.rawValue), "clients": .int(Int64(stage.clients)),
          "requests": .int(Int64(stage.requests)), "errors": .int(Int64(stage.errors)),
          "per_second": .double(stage.rate), "p50_seconds": .double(stage.p50), "p99_seconds": .double(stage.p99),
          "cpu_seconds": stage.use.cpu.json, "generator_busiest_thread_cores": .double(stage.use.busiestThread),
        ]
      })
  }
}
