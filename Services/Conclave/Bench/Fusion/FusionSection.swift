internal import Deliberation

/// The figures of fusions under load, for people and for programs.
struct FusionSection {
  let panel: FusionBench.Panel
  let levels: [FusionBench.Level]
  /// Who has the most answers a second while p99 stays under the bound; nil: not asked.
  var most: (bound: Double, level: FusionBench.Level?)?
  let hops: HopFigures
  let rest: RestFigures
  /// For how long it was loaded before anything counted, and how many fusions that were.
  let warm: (seconds: Int, fusions: Int)

  func fill(_ section: inout Section) {
    section.tables = [table, processes] + steps
    section.lines = [hops.text] + rest.lines + answer
    section.warnings += warnings
    section.isSound = levels.allSatisfy { $0.errors == 0 && $0.rounds.allSatisfy { $0.requests > 0 } }
    section.json = json
  }

  private var isExact: Bool { panel.latency.count == 1 }

  private var table: BenchTable {
    let time =
      isExact ? "\(panel.latency.lowerBound) ms" : "\(panel.latency.lowerBound) to \(panel.latency.upperBound) ms"
    let over = isExact ? "over models' time" : "whole time"
    var rows = [["clients", "fusions/s", "p50 ms, \(over)", "p99 ms, \(over)", "n", "CPU ms/fusion", "errors"]]
    for level in levels {
      rows.append([
        "\(level.clients)", level.spread(\.rate).text(1), level.spread(\.p50).text(1, times: 1_000),
        level.spread(\.p99).text(1, times: 1_000), "\(level.rounds.map(\.requests).min() ?? 0)",
        level.spread(\.cost).text(2), Self.errors(level),
      ])
    }
    let head = """
      panels of \(panel.members) and a judge, best-of; each model takes \(time)
      warmed for \(warm.seconds) s, \(warm.fusions) fusions; then least / middle / most of \
      \(levels.map(\.rounds.count).max() ?? 0) rounds; n: answers in the round that had fewest
      """
    return BenchTable(head: head, rows: rows)
  }

  /// CPU of each process per fusion, in the middle round.
  private var processes: BenchTable {
    let names = levels.first?.middle.use.cpu.names ?? []
    let rows = levels.map { level in
      let costs = level.middle.costs
      return ["\(level.clients)"] + names.map { BenchTable.rounded(costs[$0], 2) }
        + [BenchTable.rounded(costs.total, 2)]
    }
    return BenchTable(head: "CPU ms per fusion, by process", rows: [["clients"] + names + ["together"]] + rows)
  }

  private var steps: [BenchTable] {
    let known = levels.compactMap { level in level.path.map { (level.clients, $0) } }
    guard !known.isEmpty else { return [] }
    let model = isExact ? Double(panel.latency.lowerBound) / 1_000 : 0
    let rows = known.map { clients, path in
      ["\(clients)"]
        + path.steps.map { BenchTable.rounded(($0.seconds - ($0.step.hasModel ? model : 0)) * 1_000, 1) }
        + [BenchTable.rounded((path.total - 2 * model) * 1_000, 1), "\(path.deliberations)"]
    }
    let models = isExact ? "without" : "with"
    let head = "ms of each step, by the events' own times, \(models) the models' time (means; in brackets: hops)"
    let names = FusionPath.Step.allCases.map { "\($0.name) (\($0.hops))" }
    return [BenchTable(head: head, rows: [["clients"] + names + ["together", "of"]] + rows)]
  }

  private var answer: [String] {
    guard let most else { return [] }
    let bound = BenchTable.rounded(most.bound * 1_000, 0)
    guard let level = most.level else { return ["no number of clients was answered with p99 under \(bound) ms"] }
    let cores = level.middle.use.cpu.times(1 / max(level.middle.use.seconds, 0.001))
    return [
      """
      most with p99 under \(bound) ms: \(level.spread(\.rate).text(1)) fusions/s from \(level.clients) clients, p99 \
      \(level.spread(\.p99).text(1, times: 1_000)) ms
      there \(BenchTable.rounded(cores.total, 2)) cores were busy: \(cores.text(3))
      """
    ]
  }

  private var warnings: [String] {
    levels.compactMap { level in
      let busiest = level.rounds.map(\.use.busiestThread).max() ?? 0
      guard busiest > ProcessUse.generatorBound else { return nil }
      return """
        \(level.clients) clients: the load generator's busiest thread took \(BenchTable.rounded(busiest, 2)) of a core and \
        may be what bounds this
        """
    }
  }

  private var json: JSONObject {
    var object: JSONObject = [
      "members": .int(Int64(panel.members)),
      "latency_ms": [.int(Int64(panel.latency.lowerBound)), .int(Int64(panel.latency.upperBound))],
      "warm_seconds": .int(Int64(warm.seconds)), "warm_fusions": .int(Int64(warm.fusions)),
      "plain_c": hops.json, "levels": .array(levels.map { Self.json($0, isExact) }), "rest": rest.json,
    ]
    if let most {
      object["most"] =
        most.level.map {
          ["p99_bound_seconds": .double(most.bound), "level": Self.json($0, isExact)]
        } ?? .null
    }
    return object
  }

  private static func json(_ level: FusionBench.Level, _ isExact: Bool) -> JSON {
    let middle = level.middle
    var object: JSONObject = [
      "clients": .int(Int64(level.clients)), "fusions_per_second": level.spread(\.rate).json,
      "\(isExact ? "overhead" : "time")_p50_seconds": level.spread(\.p50).json,
      "\(isExact ? "overhead" : "time")_p99_seconds": level.spread(\.p99).json,
      "n": .array(level.rounds.map { .int(Int64($0.requests)) }), "cpu_ms_per_fusion": level.spread(\.cost).json,
      "cpu_ms_per_fusion_by_process": middle.costs.json, "megabytes": middle.memory.json,
      "generator_busiest_thread_cores": level.spread(\.use.busiestThread).json, "errors": .int(Int64(level.errors)),
    ]
    object["generator_bound"] = .bool(level.rounds.contains { $0.use.busiestThread > ProcessUse.generatorBound })
    if let path = level.path {
      object["path_of"] = .int(Int64(path.deliberations))
      object["steps"] = .array(
        path.steps.map {
          ["step": .string($0.step.rawValue), "hops": .int(Int64($0.step.hops)), "seconds": .double($0.seconds)]
        })
    }
    return .object(object)
  }

  private static func errors(_ level: FusionBench.Level) -> String {
    let all = level.rounds.reduce(into: [String: Int]()) { $0.merge($1.errors, uniquingKeysWith: +) }
    guard !all.isEmpty else { return "0" }
    return all.sorted { $0.value > $1.value }.prefix(3).map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
  }
}
