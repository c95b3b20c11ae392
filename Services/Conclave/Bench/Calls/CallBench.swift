internal import Bus
internal import Deliberation

/// What a model call costs: calls per second and computing per call through one model-caller process, beside a plain C
/// loop over libcurl and librdkafka that does the same with the same simulator and the same kind of broker; and how long
/// the caller itself takes for a call at a steady rate.
enum CallBench {
  struct Figures: Sendable {
    let callsPerSecond: Double
    /// Seconds of computing for each call by the measured process: a busy machine changes it little.
    let cpuPerCall: Double
  }

  struct Level: Sendable {
    let inFlight: Int
    let calls: Int
    let caller: [Figures]
    let plain: [Figures]

    var rateRatio: Double { Self.rate(caller).middle / Self.rate(plain).middle }
    var cpuRatio: Double { Self.cpu(caller).middle / Self.cpu(plain).middle }

    static func rate(_ rounds: [Figures]) -> Spread { Spread(rounds.map(\.callsPerSecond)) }
    static func cpu(_ rounds: [Figures]) -> Spread { Spread(rounds.map(\.cpuPerCall)) }
  }

  /// From when a command was due to when its outcome was read, without any time of the model.
  struct Own: Sendable {
    let calls: Int
    let sentPerSecond: Double
    let p50: Double
    let p99: Double
    let most: Double
    /// What the caller's process took.
    let cores: Double
  }

  /// How many calls are in flight, and how many are made for a measurement.
  static let levels = [1, 100, 2_000]
  static func calls(_ inFlight: Int) -> Int { max(6 * inFlight, inFlight < 10 ? 500 : 6_000) }
  static let partitions = 12
  static let model = "simulator/model-a"
  static let messages: JSON = [
    ["role": "system", "content": "You answer briefly and say what you are not sure of."],
    ["role": "user", "content": "Why is the sky blue, and why is it red in the evening?"],
  ]
}
