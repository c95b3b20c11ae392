internal import Bus
internal import Deliberation

/// What a model call costs: calls per second and computing per call through one model-caller process, beside a plain C
/// loop over libcurl and librdkafka that does the same with the same simulator and the same kind of broker.
enum CallBench {
  struct Figures: Sendable {
    let callsPerSecond: Double
    /// Seconds of computing for each call by the measured process: a busy machine changes it little.
    let cpuPerCall: Double
  }

  struct Level: Sendable {
    let inFlight: Int
    let calls: Int
    let caller: Figures
    let plain: Figures

    var rateRatio: Double { caller.callsPerSecond / plain.callsPerSecond }
    var cpuRatio: Double { caller.cpuPerCall / plain.cpuPerCall }
  }

  /// How many calls are in flight, and how many are made for a measurement.
  static let levels = [(inFlight: 1, calls: 500), (100, 6_000), (2_000, 12_000)]
  static let partitions = 12
  static let model = "simulator/model-a"
  static let messages: JSON = [
    ["role": "system", "content": "You answer briefly and say what you are not sure of."],
    ["role": "user", "content": "Why is the sky blue, and why is it red in the evening?"],
  ]

  /// The middle one of several rounds, by rate.
  static func middle(_ rounds: [Figures]) -> Figures {
    rounds.sorted { $0.callsPerSecond < $1.callsPerSecond }[rounds.count / 2]
  }

  static func table(_ levels: [Level]) -> String {
    var rows = [["in flight", "", "calls/s", "CPU us/call"]]
    for level in levels {
      for (name, figures) in [("model-caller", level.caller), ("plain C", level.plain)] {
        rows.append([
          "\(level.inFlight)", name, "\(Int(figures.callsPerSecond.rounded()))",
          "\(Int((figures.cpuPerCall * 1_000_000).rounded()))",
        ])
      }
      rows.append(["", "model-caller / C", hundredths(level.rateRatio), hundredths(level.cpuRatio)])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 1 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    return (["embedded broker, simulator without latency, streamed answers", ""] + lines).joined(separator: "\n") + "\n"
  }

  static func json(_ levels: [Level]) -> JSON {
    func figures(_ figures: Figures) -> JSON {
      [
        "calls_per_second": .double(figures.callsPerSecond), "cpu_seconds_per_call": .double(figures.cpuPerCall),
      ]
    }
    return [
      "kind": "embedded",
      "levels": .array(
        levels.map { level in
          [
            "in_flight": .int(Int64(level.inFlight)), "calls": .int(Int64(level.calls)),
            "caller": figures(level.caller), "plain_c": figures(level.plain), "rate_ratio": .double(level.rateRatio),
            "cpu_ratio": .double(level.cpuRatio),
          ]
        }),
    ]
  }

  private static func hundredths(_ value: Double) -> String {
    guard value.isFinite, value < 1e6 else { return "-" }
    let whole = Int((value * 100).rounded())
    return "\(whole / 100)." + (whole % 100 < 10 ? "0" : "") + "\(whole % 100)"
  }
}
