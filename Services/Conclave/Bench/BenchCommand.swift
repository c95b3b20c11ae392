internal import Deliberation
internal import FoundationEssentials

/// `conclave bench`: the project's instrument. Without an operand everything that can run here; with some, those alone.
/// `deploy/bench/README.md` says what each figure means.
enum BenchCommand: Command {
  static let name = "bench"
  static let operands = "[" + Workload.allCases.map(\.rawValue).joined(separator: "|") + "]…"
  static let summary = "measure everything, or one thing, beside what bounds it"
  static let flags = [
    Flag(
      "--kafka", "host:port", "on that Kafka (topics of its own, deleted afterwards), instead of embedded brokers"),
    Flag("--quick", nil, "small sizes and one round: minutes for everything"),
    Flag("--full", nil, "the sizes that are published: hours"),
    Flag("--out", "result.json", "write the result there"),
    Flag("--plots", "DIR", "write pictures of how cost grows there (SVG)"),
    Flag("--json", nil, "print the result for a program to read"),
    Flag("--rounds", "3", "how often each is measured: least, middle and most are told"),
    Flag("--seconds", "8", "gateway (5), overhead, saturation, growth: how long each stage is measured"),
    Flag(
      "--clients", "1,32,256,512",
      "gateway, overhead, saturation: how many ask at once; streams: how many read (5000); calls: in flight (1,100,2000)"
    ),
    Flag("--latency", "200", "overhead, saturation (0-20): milliseconds that each model takes"),
    Flag("--records", "40000", "bus: how many records to read; the embedded broker holds 40000 of 1 KB"),
    Flag("--hops", "2000", "bus: how many records to send one after the other"),
    Flag("--deliberations", "2000", "core: how many"),
    Flag("--hold", nil, "core: end with status 1 where it is slower or larger than it may be"),
    Flag("--answer-bytes", "4096", "core: the length of the question and of each answer"),
    Flag("--rate", "3000", "calls: how many commands a second while a caller's own time is measured"),
    Flag("--open", "0,1000,5000", "memory: how many deliberations are open (embedded: 0,400,1200)"),
    Flag("--log-events", "10000,100000", "growth: how many events the log holds (full: up to 10000000)"),
    Flag("--answers", "100000", "aggregation: how many recorded answers (full: 1000000)"),
    Flag("--asks", "10000", "backlog: how many asks wait (full: 100000)"),
    Flag("--hold-minutes", "3", "backlog: how long one deliberation is held open (full: 30)"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    var workloads: [Workload] = []
    for operand in arguments.operands {
      guard let workload = Workload(rawValue: operand) else {
        throw .usage(
          "\"\(operand)\" cannot be measured; \(Workload.allCases.map(\.rawValue).joined(separator: ", ")) can")
      }
      workloads.append(workload)
    }
    let context = try BenchContext(arguments, environment)
    let began = ContinuousClock.now
    var report = BenchReport(
      machine: context.machine, bus: context.bus, commit: BenchReport.commit(above: UpPlan.executableFolder),
      began: WallTime.now)
    let isForPeople = !arguments.has("--json")
    if isForPeople { Output.data(report.head + "\n") }
    for workload in workloads.isEmpty ? Workload.allCases : workloads {
      let section = try measured(workload, context)
      // one after the other as they are there: some take long
      if isForPeople { Output.data(section.text + "\n") }
      report.sections.append(section)
    }
    report.seconds = (ContinuousClock.now - began) / .seconds(1)
    if isForPeople { Output.data(report.foot) } else { Output.data(report.json.text + "\n") }
    do {
      if let path = arguments["--out"] {
        try Data(report.json.bytes + [UInt8(ascii: "\n")]).write(to: URL(filePath: path))
      }
      if let folder = arguments["--plots"] {
        for path in try report.writePlots(to: folder) { Output.error("plot: \(path)\n") }
      }
    } catch { throw .failed("the result cannot be written: \(error)") }
    return report.isSound ? 0 : 1
  }

  /// What fails is told in its place, and the rest goes on.
  private static func measured(_ workload: Workload, _ context: BenchContext) throws(CommandError) -> Section {
    do throws(CommandError) { return try workload.run(context) } catch {
      guard case .failed = error else { throw error }
      var section = Section(workload.rawValue, workload.title)
      section.warnings = ["failed: \(error)"]
      section.isSound = false
      return section
    }
  }
}
