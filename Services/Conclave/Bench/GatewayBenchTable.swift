internal import Deliberation

/// The figures of a gateway under load, for people and for programs.
enum GatewayBenchTable {
  static func text(_ stages: [GatewayBench.Stage]) -> String {
    var lines = [
      "embedded broker, simulated models with latency 0, \(seconds(stages.first?.seconds)) s a stage.",
      "Where the cores in use are all that there are, the processor is the bound; else it is the waiting of each step.",
      "",
      row([
        "", "clients", "per second", "p50 ms", "p99 ms", "errors", "ms CPU each", "cores in use", "share of the CPU",
      ]),
    ]
    for stage in stages {
      let total = stage.cpu.reduce(0) { $0 + $1.seconds }
      let shares = stage.cpu.filter { $0.seconds > 0 }.sorted { $0.seconds > $1.seconds }.map {
        "\($0.name) \(Int(($0.seconds / max(total, 0.001) * 100).rounded())) %"
      }
      lines.append(
        row([
          stage.kind.rawValue, "\(stage.clients)", BenchTable.rounded(stage.rate, 1),
          BenchTable.rounded(stage.p50 * 1000, 2), BenchTable.rounded(stage.p99 * 1000, 2), "\(stage.errors)",
          BenchTable.rounded(total / Double(max(stage.requests, 1)) * 1000, 2),
          BenchTable.rounded(total / max(stage.seconds, 0.001), 2), shares.joined(separator: ", "),
        ]))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ cells: [String]) -> String {
    let widths = [7, 8, 11, 9, 9, 7, 12, 13]
    return cells.enumerated().map { place, cell in
      guard place < widths.count else { return cell }
      let space = String(repeating: " ", count: max(0, widths[place] - cell.count))
      return place == 0 ? cell + space : space + cell
    }.joined(separator: " ")
  }

  private static func seconds(_ value: Double?) -> String { BenchTable.rounded(value ?? 0, 0) }

  static func json(_ stages: [GatewayBench.Stage]) -> JSON {
    .array(
      stages.map { stage in
        [
          "kind": .string(stage.kind.rawValue), "clients": .int(Int64(stage.clients)),
          "requests": .int(Int64(stage.requests)), "errors": .int(Int64(stage.errors)),
          "per_second": .double(stage.rate), "p50_seconds": .double(stage.p50), "p99_seconds": .double(stage.p99),
          "cpu_seconds": .object(
            stage.cpu.reduce(into: JSONObject()) { object, figure in
              object[figure.name] = .double((object[figure.name]?.number ?? 0) + figure.seconds)
            }),
        ]
      })
  }
}
