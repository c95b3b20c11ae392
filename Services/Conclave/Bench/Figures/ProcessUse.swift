/// What processes took within a time.
struct ProcessUse: Sendable {
  let seconds: Double
  /// Seconds of CPU.
  let cpu: Figures
  /// Of this process's own threads the busiest one, in cores: near 1, and the load generator is what bounds.
  let busiestThread: Double

  /// Beyond this share of a core the generator's busiest thread leaves no room to speak of.
  static let generatorBound = 0.9
}
