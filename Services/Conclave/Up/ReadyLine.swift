internal import Bus
internal import Settings

/// The one line that says what is there: where, on which bus, with whose models, open to whom.
enum ReadyLine {
  static func text(_ plan: UpPlan, bus: String, http: String, after: Duration) -> String {
    var parts = ["ready after \(after.milliseconds) ms: \(http)"]
    switch plan.settings.bus.kind {
    case .embedded:
      parts.append("bus embedded at \(bus) (in memory: 5 MiB a partition, records up to 1 MB, gone with it)")
    case .kafka: parts.append("bus Kafka at \(bus)")
    }
    parts.append(models(plan))
    parts.append(
      plan.settings.keys.isEmpty ? "open to everyone on this machine" : "open to \(plan.settings.keys.count) keys")
    return parts.joined(separator: " · ")
  }

  private static func models(_ plan: UpPlan) -> String {
    if plan.isSimulated {
      let variables = Reach(plan.settings).missingVariables
      let hint = variables.isEmpty ? "" : "; for real ones set \(variables.joined(separator: " or "))"
      return "models simulated\(hint)"
    }
    return Reach(plan.settings).sentence
  }
}
