internal import Deliberation

/// The figures of fusions under load, for people and for programs.
struct FusionBenchTable {
  let machine: Machine
  let bus: String
  let latency: ClosedRange<Int>
  let levels: [FusionBench.Level]
  /// One hop of the same bus, as a plain C loop measures it in the same run; seconds.
  let hop: Double
  let rest: (cpu: [(name: String, cores: Double)], memory: [(String, Double)])

  var text: String {
    let time = latency.count == 1 ? "\(latency.lowerBound) ms" : "\(latency.lowerBound) to \(latency.upperBound) ms"
    let head = """
      \(machine.description)
      \(bus); panels of \(FusionBench.members) and a judge, best-of; each model takes \(time)
      one hop of the bus, plain C: \(BenchTable.milliseconds(hop)) ms; \(FusionPath.hops) hops on the path: \
      \(BenchTable.rounded(hop * Double(FusionPath.hops) * 1_000, 1)) ms
      each figure: least / middle / most of \(levels.first?.rounds.count ?? 0) rounds
      """
    let over = latency.count == 1 ? "over models' time" : "whole time"
    var rows = [["clients", "fusions/s", "p50 ms, \(over)", "p99 ms, \(over)", "CPU ms/fusion", "errors"]]
    for level in levels {
      rows.append([
        "\(level.clients)", Self.spread(level.spread(\.rate), 1), Self.spread(level.spread { $0.p50 * 1_000 }, 1),
        Self.spread(level.spread { $0.p99 * 1_000 }, 1), Self.spread(level.spread(\.cost), 2), Self.errors(level),
      ])
    }
    return ([BenchTable(head: head, rows: rows).text] + [processes, steps, atRest, warnings].filter { !$0.isEmpty })
      .joined(separator: "\n")
  }

  /// CPU of each process per fusion, in the middle round.
  private var processes: String {
    let names = Self.names(levels)
    let rows = levels.map { level in
      let round = Self.middle(level)
      return ["\(level.clients)"]
        + names.map { name in
          let seconds = round.cpu.filter { $0.name == name }.reduce(0) { $0 + $1.seconds }
          return BenchTable.rounded(seconds * 1_000 / Double(max(1, round.requests)), 2)
        }
    }
    return BenchTable(head: "CPU ms per fusion, by process", rows: [["clients"] + names] + rows).text
  }

  private var steps: String {
    let known = levels.compactMap { level in level.path.map { (level.clients, $0) } }
    guard !known.isEmpty else { return "" }
    let rows = known.map { clients, path in
      ["\(clients)"] + path.steps.map { BenchTable.rounded($0.seconds * 1_000, 0) }
    }
    return BenchTable(
      head: "ms from event to event, by the events' own times (middle of \(known.map(\.1.deliberations).min() ?? 0))",
      rows: [["clients"] + FusionPath.Step.allCases.map { "\($0.name) (\($0.hops))" }] + rows
    ).text
  }

  private var atRest: String {
    let total = rest.cpu.reduce(0) { $0 + $1.cores }
    let memory = rest.memory.reduce(0) { $0 + $1.1 }
    let shares = rest.cpu.filter { $0.cores >= 0.001 }.sorted { $0.cores > $1.cores }.map {
      "\($0.name) \(BenchTable.rounded($0.cores * 100, 1)) %"
    }
    return """
      at rest: \(BenchTable.rounded(total * 100, 1)) % of a core (\(shares.joined(separator: ", "))), \
      \(BenchTable.rounded(memory, 0)) MB (\(rest.memory.map { "\($0.0) \(BenchTable.rounded($0.1, 0))" }
        .joined(separator: ", ")))

      """
  }

  /// What makes the figures doubtful.
  private var warnings: String {
    var lines: [String] = []
    for level in levels where level.rounds.contains(where: { $0.generator > 0.8 }) {
      lines.append("\(level.clients) clients: the load generator took over 80 % of a core and may be what bounds this")
    }
    if machine.load > 1 {
      lines.append(
        "the machine was busy when this began (load \(BenchTable.rounded(machine.load, 1))): hold ratios, not figures")
    }
    return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
  }

  var json: JSON {
    [
      "machine": machine.json, "bus": .string(bus), "members": .int(Int64(FusionBench.members)),
      "latency_ms": [.int(Int64(latency.lowerBound)), .int(Int64(latency.upperBound))],
      "hops_on_path": .int(Int64(FusionPath.hops)), "plain_c_hop_seconds": .double(hop),
      "levels": .array(levels.map(Self.json)),
      "rest": [
        "cores": .object(Self.sums(rest.cpu.map { ($0.name, $0.cores) })),
        "megabytes": .object(Self.sums(rest.memory)),
      ],
    ]
  }

  private static func json(_ level: FusionBench.Level) -> JSON {
    var object: JSONObject = [
      "clients": .int(Int64(level.clients)),
      "fusions_per_second": json(level.spread(\.rate)), "overhead_p50_seconds": json(level.spread(\.p50)),
      "overhead_p99_seconds": json(level.spread(\.p99)), "cpu_ms_per_fusion": json(level.spread(\.cost)),
      "generator_cores": json(level.spread(\.generator)),
      "errors": .int(Int64(level.rounds.reduce(0) { $0 + $1.errors.values.reduce(0, +) })),
    ]
    let middle = middle(level)
    object["cpu_seconds"] = .object(sums(middle.cpu.map { ($0.name, $0.seconds) }))
    object["megabytes"] = .object(sums(middle.memory.map { ($0.name, $0.megabytes) }))
    if let path = level.path {
      object["steps"] = .array(
        path.steps.map {
          ["step": .string($0.step.rawValue), "hops": .int(Int64($0.step.hops)), "seconds": .double($0.seconds)]
        })
    }
    return .object(object)
  }

  private static func json(_ spread: (least: Double, middle: Double, most: Double)) -> JSON {
    ["min": .double(spread.least), "median": .double(spread.middle), "max": .double(spread.most)]
  }

  /// Copies of one service count together.
  private static func sums(_ figures: [(String, Double)]) -> JSONObject {
    figures.reduce(into: JSONObject()) { $0[$1.0] = .double(($0[$1.0]?.number ?? 0) + $1.1) }
  }

  private static func names(_ levels: [FusionBench.Level]) -> [String] {
    var names: [String] = []
    for (name, _) in levels.flatMap({ $0.rounds.first?.cpu ?? [] }) where !names.contains(name) { names.append(name) }
    return names
  }

  private static func middle(_ level: FusionBench.Level) -> FusionBench.Round {
    let rounds = level.rounds.sorted { $0.cost < $1.cost }
    return rounds.isEmpty ? FusionBench.Round() : rounds[rounds.count / 2]
  }

  private static func errors(_ level: FusionBench.Level) -> String {
    let all = level.rounds.reduce(into: [String: Int]()) { $0.merge($1.errors, uniquingKeysWith: +) }
    guard !all.isEmpty else { return "0" }
    return all.sorted { $0.value > $1.value }.prefix(3).map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
  }

  private static func spread(_ spread: (least: Double, middle: Double, most: Double), _ places: Int) -> String {
    [spread.least, spread.middle, spread.most].map { BenchTable.rounded($0, places) }.joined(separator: " / ")
  }
}
