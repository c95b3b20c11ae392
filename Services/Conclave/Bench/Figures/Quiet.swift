/// Waits until the services have nothing left to do: what they take together is near what they take at rest.
enum Quiet {
  /// Cores that a system at rest stays under by far.
  private static let cores = 0.2

  static func isReached(_ processes: ProcessSet, within limit: Duration) async -> Bool {
    let end = ContinuousClock.now + limit
    var quiet = 0
    while ContinuousClock.now < end {
      let before = processes.sample()
      try? await Task.sleep(for: .seconds(1))
      let use = processes.use(before, processes.sample())
      quiet = use.cpu.without([BenchSystem.generator]).total / use.seconds < cores ? quiet + 1 : 0
      if quiet == 3 { return true }
    }
    return false
  }
}
