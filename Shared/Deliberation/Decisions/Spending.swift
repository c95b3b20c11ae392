/// How `max_cost` is shared out. Judge and answer keep their parts until they are called, whoever stands in for whom; what
/// a call leaves of its part goes to those that follow.
struct Spending {
  private let limit: Double
  private let estimate: Estimate
  private let whole: Double
  private let deliberation: Deliberation

  init?(_ deliberation: Deliberation) {
    guard let ask = deliberation.ask, let limit = ask.maxCost else { return nil }
    self.limit = limit
    self.deliberation = deliberation
    estimate = Estimate(ask.value)
    whole = estimate.total
  }

  /// The part of a call before anything was spent.
  private func part(_ key: CallKey) -> Double {
    guard whole > 0 else { return limit / Double(estimate.members.count * (estimate.rounds + 1) + 2) }
    let weight =
      switch key.purpose {
      case .decision: estimate.decision
      case .panel: key.member.flatMap { estimate.members.indices.contains($0) ? estimate.members[$0] : nil } ?? 0
      case .judge: estimate.judge
      case .answer: estimate.answer
      }
    return limit * weight / whole
  }

  /// What nobody has spent or may still spend.
  private func free(without key: CallKey) -> Double {
    var free = limit
    // in one order, because a sum of doubles depends on it
    for (other, call) in deliberation.calls where other != key {
      if let outcome = call.outcome {
        free -= outcome.value.cost ?? 0
      } else {
        free -= part(other)
      }
    }
    guard let round = deliberation.openRound else { return free }
    // members that are asked with this one and of which nothing stands in the log yet
    for member in deliberation.asked(in: round) where deliberation.givenUp[member] == nil {
      let other = deliberation.key(of: member, in: round)
      if other != key, deliberation.calls[other] == nil { free -= part(other) }
    }
    return free
  }

  func reservation(_ key: CallKey) -> Double {
    let free = free(without: key)
    let (judge, answer) = (part(CallKey(.judge)), part(CallKey(.answer)))
    let most =
      switch key.purpose {
      case .decision, .panel: min(part(key), free - judge - answer)
      case .judge: free - answer
      case .answer: free
      }
    return max(0, most)
  }
}
