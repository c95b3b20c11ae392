internal import Deliberation

/// What a system takes while nobody asks anything; who measures does not count.
struct RestFigures: Sendable {
  let use: ProcessUse
  let memory: Figures
  let isEmbedded: Bool

  /// Waits until what starting leaves behind is done, then looks for ten seconds.
  static func of(_ system: BenchSystem, isEmbedded: Bool, settling: Duration, over time: Duration) async -> RestFigures
  {
    let processes = system.processes
    try? await Task.sleep(for: settling)
    let before = processes.sample()
    try? await Task.sleep(for: time)
    let after = processes.sample()
    return RestFigures(use: processes.use(before, after), memory: processes.memory(), isEmbedded: isEmbedded)
  }

  /// The broker counts where it is ours: a Kafka of the user's is not part of Conclave.
  private var left: Set<String> { isEmbedded ? [BenchSystem.generator] : [BenchSystem.generator, "broker"] }
  private var cpu: Figures { use.cpu.times(100 / max(use.seconds, 0.001)).without(left) }
  private var megabytes: Figures { memory.without(left) }

  var lines: [String] {
    let whose = isEmbedded ? "embedded broker included; goal 15" : "without the broker; goal 3"
    var lines = [
      """
      at rest: \(BenchTable.rounded(cpu.total, 2)) % of a core (\(whose)): \(cpu.text(2))
      """,
      "at rest: \(BenchTable.rounded(megabytes.total, 0)) MB (PSS; goal 300): \(megabytes.text(0))",
    ]
    if !isEmbedded {
      let broker = use.cpu["broker"] / max(use.seconds, 0.001) * 100
      lines.append(
        "at rest, the broker: \(BenchTable.rounded(broker, 1)) %, \(BenchTable.rounded(memory["broker"], 0)) MB")
    }
    return lines
  }

  var json: JSON {
    [
      "seconds": .double(use.seconds), "cores_percent": .double(cpu.total), "megabytes": .double(megabytes.total),
      "by_process": ["cores_percent": cpu.json, "megabytes": megabytes.json],
    ]
  }
}
