internal import Bus
internal import Deliberation
internal import Settings
internal import Telemetry

/// `conclave bench bus`: what our own bus costs beside a plain C loop over the same library, measured in one run.
enum BenchCommand: Command {
  static let name = "bench"
  static let operands = "bus"
  static let summary = "measure the bus: one hop, and records per second, beside a plain C loop"
  static let flags = [
    Flag("--kafka", "host:port", "on that Kafka (makes two topics there), instead of an embedded broker of its own"),
    Flag("--records", "40000", "how many records to read; the embedded broker holds 40000 of 1 KB"),
    Flag("--hops", "2000", "how many records to send one after the other"),
    Flag("--json", nil, "for a program to read"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands == ["bus"] else { throw .usage("say what to measure: bus") }
    let hops = try arguments.number("--hops", in: 10...100_000) ?? 2_000
    let records = try arguments.number("--records", in: 1_000...1_000_000)
    var settings: BusSettings?
    if let kafka = arguments["--kafka"] {
      var environment = environment
      environment["CONCLAVE_KAFKA"] = kafka
      environment["CONCLAVE_EMBEDDED"] = nil
      do { settings = try Settings.load(service: "conclave", environment: environment).bus } catch {
        throw .settings("\(error)")
      }
    }
    let log = Log(service: "conclave", instance: "bench", level: .error, format: .text)
    let result = try awaited { [settings] () throws(CommandError) in
      do { return try await BusBench.run(settings, hops: hops, records: records, log: log) } catch {
        throw .failed("\(error)")
      }
    }
    Output.data(arguments.has("--json") ? json(result).text + "\n" : table(result))
    return 0
  }

  static func table(_ result: BusBench.Result) -> String {
    func row(_ name: String, _ figures: BusBench.Figures) -> [String] {
      [
        name, milliseconds(figures.p50), milliseconds(figures.p99), "\(Int(figures.recordsPerSecond.rounded()))",
        rounded(figures.cpuPerRecord * 1_000_000, 2),
      ]
    }
    let rows = [
      ["", "hop p50 ms", "hop p99 ms", "records/s", "CPU us/record"], row("bus", result.bus),
      row("plain C", result.plain),
      [
        "bus / C", rounded(result.hopRatio, 2), rounded(result.bus.p99 / result.plain.p99, 2),
        rounded(result.rateRatio, 2),
        rounded(result.bus.cpuPerRecord / result.plain.cpuPerRecord, 2),
      ],
    ]
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    let kind = result.kind == .embedded ? "embedded broker" : "Kafka"
    let head = "\(kind), records of \(result.recordBytes) bytes, \(result.hops) hops, \(result.records) records read"
    return ([head, ""] + lines).joined(separator: "\n") + "\n"
  }

  static func json(_ result: BusBench.Result) -> JSON {
    func figures(_ figures: BusBench.Figures) -> JSON {
      [
        "hop_p50_seconds": .double(figures.p50), "hop_p99_seconds": .double(figures.p99),
        "records_per_second": .double(figures.recordsPerSecond),
        "cpu_seconds_per_record": .double(figures.cpuPerRecord),
      ]
    }
    return [
      "kind": .string(result.kind == .embedded ? "embedded" : "kafka"), "record_bytes": .int(Int64(result.recordBytes)),
      "hops": .int(Int64(result.hops)), "records": .int(Int64(result.records)), "bus": figures(result.bus),
      "plain_c": figures(result.plain), "hop_ratio": .double(result.hopRatio), "rate_ratio": .double(result.rateRatio),
    ]
  }

  private static func milliseconds(_ seconds: Double) -> String { rounded(seconds * 1000, 3) }

  /// With that many places; a measurement that is none is shown as such.
  private static func rounded(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "-" }
    let scale = Int64((0..<places).reduce(1.0) { power, _ in power * 10 })
    let whole = Int64((value * Double(scale)).rounded())
    let fraction = String(abs(whole % scale))
    return "\(whole / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
