internal import Bus
internal import Deliberation
internal import Settings
internal import Telemetry

/// `conclave bench bus`: what our own bus costs beside a plain C loop over the same library, measured in one run.
/// `conclave bench calls`: the same of a model-caller.
/// `conclave bench core`: what folding and deciding cost, and what an open deliberation takes, without any bus.
/// `conclave bench overhead` and `bench saturation`: panels and a judge through a whole system and its log.
/// `conclave bench gateway` and `bench streams`: what a whole system does for its clients, with simulated models.
enum BenchCommand: Command {
  static let name = "bench"
  static let operands = "bus|calls|core|gateway|overhead|saturation|streams"
  static let summary = "measure the bus or model calls beside a plain C loop, the core, or a whole system"
  static let flags = [
    Flag(
      "--kafka", "host:port",
      "bus, overhead, saturation: on that Kafka (topics of its own), instead of an embedded broker"),
    Flag("--records", "40000", "bus: how many records to read; the embedded broker holds 40000 of 1 KB"),
    Flag("--hops", "2000", "bus: how many records to send one after the other"),
    Flag("--rounds", "3", "calls, overhead, saturation: how often each is measured; the middle one counts"),
    Flag("--latency", "200", "overhead, saturation (0-20): milliseconds that each model takes"),
    Flag("--deliberations", "2000", "core: how many"),
    Flag("--answer-bytes", "4096", "core: the length of the question and of each answer"),
    Flag(
      "--clients", "1,32,256,512",
      "gateway, overhead, saturation: how many ask at once; streams: how many read at once (5000)"),
    Flag("--seconds", "5", "gateway, overhead, saturation (8): how long each stage is measured"),
    Flag("--json", nil, "for a program to read"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    switch arguments.operands {
    case ["bus"]: return try bus(arguments, environment: environment)
    case ["calls"]: return try calls(arguments)
    case ["core"]: return try core(arguments)
    case ["gateway"]: return try gateway(arguments, environment)
    case ["overhead"]: return try fusion(arguments, environment, usual: 200...200, clients: [1, 32, 256, 512])
    case ["saturation"]: return try fusion(arguments, environment, usual: 0...20, clients: [8, 16, 32, 64])
    case ["streams"]: return try streams(arguments, environment)
    default: throw .usage("say what to measure: bus, calls, core, gateway, overhead, saturation or streams")
    }
  }

  private static func bus(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
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

  private static func calls(_ arguments: Arguments) throws(CommandError) -> Int32 {
    let rounds = try arguments.number("--rounds", in: 1...15) ?? 3
    let run = try CallBenchRun(log: Log(service: "conclave", instance: "bench", level: .error, format: .text))
    defer { run.end() }
    var levels: [CallBench.Level] = []
    for (inFlight, calls) in CallBench.levels {
      levels.append(try run.level(inFlight, calls: calls, rounds: rounds))
    }
    Output.data(arguments.has("--json") ? CallBench.json(levels).text + "\n" : CallBench.table(levels))
    return 0
  }

  static func table(_ result: BusBench.Result) -> String {
    func row(_ name: String, _ figures: BusBench.Figures) -> [String] {
      [
        name, BenchTable.milliseconds(figures.p50), BenchTable.milliseconds(figures.p99),
        "\(Int(figures.recordsPerSecond.rounded()))",
        BenchTable.rounded(figures.cpuPerRecord * 1_000_000, 2),
      ]
    }
    let rows = [
      ["", "hop p50 ms", "hop p99 ms", "records/s", "CPU us/record"], row("bus", result.bus),
      row("plain C", result.plain),
      [
        "bus / C", BenchTable.rounded(result.hopRatio, 2), BenchTable.rounded(result.bus.p99 / result.plain.p99, 2),
        BenchTable.rounded(result.rateRatio, 2),
        BenchTable.rounded(result.bus.cpuPerRecord / result.plain.cpuPerRecord, 2),
      ],
    ]
    let kind = result.kind == .embedded ? "embedded broker" : "Kafka"
    let head = "\(kind), records of \(result.recordBytes) bytes, \(result.hops) hops, \(result.records) records read"
    return BenchTable(head: head, rows: rows).text
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
}
