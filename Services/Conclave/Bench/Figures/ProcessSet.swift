/// The processes of what is measured, by name; copies of one service have one name.
struct ProcessSet: Sendable {
  let all: [(name: String, pid: Int32)]

  /// CPU and memory at one moment.
  struct Sample: Sendable {
    fileprivate let at: ContinuousClock.Instant
    fileprivate let cpu: [Double]
    fileprivate let threads: [String: Double]
  }

  func sample() -> Sample {
    Sample(at: .now, cpu: all.map { ProcessFigures.cpu($0.pid) }, threads: ProcessFigures.ownThreads)
  }

  /// What they took from one moment to another.
  func use(_ from: Sample, _ to: Sample) -> ProcessUse {
    var cpu = Figures()
    for (place, process) in all.enumerated() { cpu.add(process.name, to.cpu[place] - from.cpu[place]) }
    let seconds = (to.at - from.at) / .seconds(1)
    let busiest = to.threads.map { $0.value - (from.threads[$0.key] ?? 0) }.max() ?? 0
    return ProcessUse(seconds: seconds, cpu: cpu, busiestThread: busiest / max(seconds, 0.001))
  }

  /// Megabytes of each.
  func memory() -> Figures {
    var memory = Figures()
    for process in all { memory.add(process.name, ProcessFigures.memory(process.pid)) }
    return memory
  }
}
