/// A model call costs money: it is made twice only where the caller that ran it was killed, or had just finished it.
enum RepeatRule {
  /// An outcome is committed within 20 ms of its acknowledgement; what was asked of the caller just before the kill, or
  /// finished and not yet committed, cannot be seen in a figure that was read a moment earlier.
  static let window: Int64 = 100

  /// Executions beyond the first of each call, as far as they reached the log.
  static func inLog(_ history: History) -> Int {
    var executions: [String: Set<String>] = [:]
    for fact in history.outcomes {
      if case .outcome(let outcome) = fact.matter { executions[outcome.call, default: []].insert(outcome.execution) }
    }
    return executions.values.reduce(0) { $0 + $1.count - 1 }
  }

  /// What the kills explain: in flight when asked, and what began or finished in the moment around the kill.
  static func allowed(_ history: History) -> Int {
    history.record.kills.filter { $0.service == "model-caller" }.reduce(0) { sum, kill in
      let moment = kill.at - window...kill.at
      let finished = history.outcomes.count { $0.instance == kill.instance && moment.contains($0.at) }
      let begun = history.commands.count { moment.contains($0.at) }
      return sum + Int(kill.inFlight) + finished + begun
    }
  }

  static func check(_ history: History) -> [Finding] {
    let allowed = allowed(history)
    var findings: [Finding] = []
    let inLog = inLog(history)
    if inLog > allowed {
      findings.append(Finding(rule: .repeats, detail: "\(inLog) repeated calls in the log, \(allowed) explained"))
    }
    if let count = history.record.simulatorRepeats, count > allowed {
      findings.append(
        Finding(rule: .repeats, detail: "\(count) calls reached the provider twice, \(allowed) explained"))
    }
    return findings
  }
}
