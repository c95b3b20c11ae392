internal import Deliberation

/// Model calls through one model-caller.
enum CallWorkload {
  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let rounds = try context.rounds
    let wanted = try context.arguments.number("--rate", in: 10...50_000)
    let rate = wanted ?? 3_000
    let counts = try context.counts(usual: CallBench.levels)
    let run = try CallBenchRun(log: context.log)
    defer { run.end() }
    var levels: [CallBench.Level] = []
    for inFlight in counts {
      levels.append(try run.level(inFlight, calls: CallBench.calls(inFlight), rounds: rounds))
    }
    var section = Section("calls", "model calls, embedded broker, simulator without latency, streamed answers")
    section.tables = [table(levels)]
    section.json = json(levels)
    // whoever asks for a level alone gets that
    if context.arguments.has("--clients"), wanted == nil { return section }
    var own: [CallBench.Own] = []
    for _ in 0..<rounds { own.append(try run.paced(rate, seconds: context.size.of(3, 5, 10))) }
    let p99 = Spread(own.map(\.p99))
    section.lines = [
      """
      at a steady \(rate) calls/s (sent \(Spread(own.map(\.sentPerSecond)).text(0))): from due to outcome read, two hops of \
      the bus included, p50 \(Spread(own.map(\.p50)).text(2, times: 1_000)) ms, p99 \(p99.text(2, times: 1_000)) ms, most \
      \(Spread(own.map(\.most)).text(1, times: 1_000)) ms; the caller takes \(Spread(own.map(\.cores)).text(2)) cores \
      (n \(own.map(\.calls).min() ?? 0) a round; goal: p99 under 20 ms at 3000)
      """
    ]
    section.json["own"] = [
      "rate": .int(Int64(rate)), "sent_per_second": Spread(own.map(\.sentPerSecond)).json,
      "n": .array(own.map { .int(Int64($0.calls)) }), "p50_seconds": Spread(own.map(\.p50)).json,
      "p99_seconds": p99.json, "most_seconds": Spread(own.map(\.most)).json, "cores": Spread(own.map(\.cores)).json,
    ]
    return section
  }

  private static func table(_ levels: [CallBench.Level]) -> BenchTable {
    var rows = [["in flight", "", "calls/s", "CPU us/call"]]
    for level in levels {
      for (name, rounds) in [("model-caller", level.caller), ("plain C", level.plain)] {
        rows.append([
          "\(level.inFlight)", name, CallBench.Level.rate(rounds).text(0),
          CallBench.Level.cpu(rounds).text(0, times: 1_000_000),
        ])
      }
      rows.append([
        "", "model-caller / C", BenchTable.rounded(level.rateRatio, 2), BenchTable.rounded(level.cpuRatio, 2),
      ])
    }
    let rounds = levels.first?.caller.count ?? 0
    return BenchTable(head: "least / middle / most of \(rounds) rounds, taken in turns", rows: rows)
  }

  private static func json(_ levels: [CallBench.Level]) -> JSONObject {
    func figures(_ rounds: [CallBench.Figures]) -> JSON {
      [
        "calls_per_second": CallBench.Level.rate(rounds).json, "cpu_seconds_per_call": CallBench.Level.cpu(rounds).json,
      ]
    }
    return [
      "levels": .array(
        levels.map { level in
          [
            "in_flight": .int(Int64(level.inFlight)), "calls": .int(Int64(level.calls)),
            "caller": figures(level.caller), "plain_c": figures(level.plain), "rate_ratio": .double(level.rateRatio),
            "cpu_ratio": .double(level.cpuRatio),
          ]
        })
    ]
  }
}
