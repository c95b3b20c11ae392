internal import Bus
internal import Deliberation

/// What our own bus costs beside a plain C loop over the same library.
enum BusWorkload {
  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let hops = try context.arguments.number("--hops", in: 10...100_000) ?? context.size.of(600, 2_000, 5_000)
    let records = try context.arguments.number("--records", in: 1_000...1_000_000)
    let result = try context.onBus { bus throws(CommandError) in
      try awaited { [settings = bus.settings] () async throws(CommandError) in
        do { return try await BusBench.run(settings, hops: hops, records: records, log: context.log) } catch {
          throw .failed("\(error)")
        }
      }
    }
    var section = Section("bus", "one hop, and reading, beside a plain C loop, \(context.bus)")
    section.tables = [table(result)]
    section.json = [
      "record_bytes": .int(Int64(result.recordBytes)), "hops": .int(Int64(result.hops)),
      "records": .int(Int64(result.records)), "bus": json(result.bus), "plain_c": json(result.plain),
      "hop_ratio": .double(result.hopRatio), "rate_ratio": .double(result.rateRatio),
    ]
    return section
  }

  private static func table(_ result: BusBench.Result) -> BenchTable {
    func row(_ name: String, _ figures: BusBench.Figures) -> [String] {
      [
        name, BenchTable.milliseconds(figures.p50), BenchTable.milliseconds(figures.p99),
        "\(Int(figures.recordsPerSecond.rounded()))",
        BenchTable.rounded(figures.cpuPerRecord * 1_000_000, 2),
      ]
    }
    return BenchTable(
      head: "records of \(result.recordBytes) bytes, \(result.hops) hops, \(result.records) records read",
      rows: [
        ["", "hop p50 ms", "hop p99 ms", "records/s", "CPU us/record"], row("bus", result.bus),
        row("plain C", result.plain),
        [
          "bus / C", BenchTable.rounded(result.hopRatio, 2), BenchTable.rounded(result.bus.p99 / result.plain.p99, 2),
          BenchTable.rounded(result.rateRatio, 2),
          BenchTable.rounded(result.bus.cpuPerRecord / result.plain.cpuPerRecord, 2),
        ],
      ])
  }

  private static func json(_ figures: BusBench.Figures) -> JSON {
    [
      "hop_p50_seconds": .double(figures.p50), "hop_p99_seconds": .double(figures.p99),
      "records_per_second": .double(figures.recordsPerSecond),
      "cpu_seconds_per_record": .double(figures.cpuPerRecord),
    ]
  }
}
