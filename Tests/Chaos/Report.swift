internal import Deliberation

/// What a run showed: figures for people and machines, and what it did not keep to.
struct Report {
  private(set) var figures: JSONObject
  private(set) var lines: [String] = []
  private(set) var failures: [String] = []

  init(_ scenario: String, seed: UInt64, bus: String) {
    figures = ["scenario": .string(scenario), "seed": .int(Int64(bitPattern: seed)), "bus": .string(bus)]
  }

  mutating func figure(_ name: String, _ value: JSON) { figures[name] = value }
  mutating func line(_ text: String) { lines.append(text) }
  mutating func demand(_ isKept: Bool, _ otherwise: @autoclosure () -> String) {
    if !isKept { failures.append(otherwise()) }
  }

  mutating func take(_ judgement: Referee.Judgement) {
    lines.append(judgement.text)
    figures["verifier"] = judgement.figures
    demand(judgement.passed, "the verifier does not pass this run")
    if let failed = judgement.controlFailed { figures["control_failed"] = .bool(failed) }
  }

  var passed: Bool { failures.isEmpty }

  var text: String {
    var all = lines
    all += failures.map { "FAILED  \($0)" }
    var json = figures
    json["passed"] = .bool(passed)
    all.append(JSON.object(json).text)
    return all.joined(separator: "\n")
  }
}
