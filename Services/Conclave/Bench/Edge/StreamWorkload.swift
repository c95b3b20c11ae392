internal import Deliberation
internal import Web

/// Thousands of slow streams read at once.
enum StreamWorkload {
  /// The longest gap, in seconds, that all but one in a hundred must stay under.
  private static let slowest = 2.0

  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let clients = try context.counts(usual: [context.size.of(500, 5_000, 5_000)]).first ?? 5_000
    let result = try context.onBus { bus throws(CommandError) in
      let system = try BenchSystem(bus, BenchSystem.Shape(open: clients + 500))
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let bench = StreamBench(system: system, client: client, clients: clients, pace: 2, words: 40)
      return try awaited { () async throws(CommandError) in await bench.run() }
    }
    var section = Section("streams", "\(clients) slow streams at once, \(context.bus)")
    let faults = result.failed.sorted { $0.value > $1.value }.map { "\($0.value) × \($0.key)" }
    section.lines = [
      "whole: \(result.whole) of \(clients)" + (faults.isEmpty ? "" : "; not so: " + faults.joined(separator: ", ")),
      """
      pieces: \(result.tokens), gap between two p50 \(BenchTable.rounded(result.gapP50, 3)) s, p99 \
      \(BenchTable.rounded(result.gapP99, 3)) s, at most \(BenchTable.rounded(result.gapMost, 3)) s, in \
      \(BenchTable.rounded(result.seconds, 1)) s
      """,
      "CPU s: \(result.cpu.text(1))", "MB at most (PSS): \(result.memory.text(0))",
    ]
    section.json = [
      "clients": .int(Int64(clients)), "whole": .int(Int64(result.whole)), "gap_p50_seconds": .double(result.gapP50),
      "gap_p99_seconds": .double(result.gapP99), "gap_most_seconds": .double(result.gapMost),
      "seconds": .double(result.seconds), "cpu_seconds": result.cpu.json, "megabytes": result.memory.json,
    ]
    section.isSound = result.whole == clients && result.gapP99 < Self.slowest
    return section
  }
}
