import Deliberation

/// A sealed panel stays as it is, and what rests on it comes after it.
extension Invariants {
  mutating func checkPanel(_ history: History, _ folded: Deliberation, _ ask: Requested, _ end: Int) {
    checkSeals(history, ask)
    checkLate(history, end)
    guard case .completed(let completed) = folded.end?.value, folded.panelSits else { return }
    guard let seal = folded.lastSeal else { return say(history, "it completed without a seal") }
    if seal.place >= completed.totals.digestEvents { say(history, "its end does not rest on its last seal") }
    let calls = seal.value.answered + seal.value.failed + seal.value.abandoned
    let members = seal.value.round == 0 || ask.mode != .debate ? calls.compactMap(\.member) : []
    if Set(calls).count != calls.count || Set(members).count != members.count {
      say(history, "a member stands twice in its seal")
    }
    if Set(calls.compactMap(\.member)) != Set(ask.panel.indices) { say(history, "a member is missing in its seal") }
    if completed.answerCall.purpose == .panel, !seal.value.answered.contains(completed.answerCall) {
      say(history, "its answer is none of the panel's")
    }
    if ask.recordedPanel == nil {
      let outcomes = history.outcomes()
      for call in seal.value.answered where (outcomes[call.text]?.place ?? .max) >= seal.place {
        say(history, "\(call) was sealed unanswered")
      }
    }
    // nobody judges or answers before
    let sequence = history.facts[seal.place].sequence
    for call in folded.calls.keys.map({ $0.id(in: history.id) }) where [.judge, .answer].contains(call.purpose) {
      if let first = traffic.commands[IDs.command(call)]?.min(), first < sequence {
        say(history, "\(call) was commanded before the panel was sealed")
      }
    }
  }

  /// What was seen at the seal is seen for ever.
  private mutating func checkSeals(_ history: History, _ ask: Requested) {
    struct Sight: Equatable {
      let seal: Fact<PanelAssembled>
      let calls: [CallKey]
      let next: [Int]
      let isLast: Bool
    }
    var state: Deliberation?
    var sights: [Int: Sight] = [:]
    for fact in history.facts {
      Deliberation.evolve(&state, fact.recorded)
      guard let state else { continue }
      for round in 0...max(0, ask.rounds) {
        guard let seal = state.seals[round] else { continue }
        let sight = Sight(
          seal: seal, calls: ask.panel.indices.map { state.key(of: $0, in: round) }, next: state.asked(in: round + 1),
          isLast: state.isLast(round))
        if let known = sights[round], known != sight { say(history, "\(fact.id) changed the sealed round \(round)") }
        sights[round] = sight
      }
    }
  }

  /// A call that is named after its round was sealed is void, and its caller is told; unless it has its outcome, or
  /// nobody watches any more.
  private mutating func checkLate(_ history: History, _ end: Int) {
    var sealed: [Int: Int] = [:]
    for (place, fact) in history.facts.enumerated() {
      if case .panelAssembled(let seal) = fact.event, sealed[seal.round] == nil { sealed[seal.round] = place }
    }
    let outcomes = history.outcomes()
    for naming in history.namings() where naming.call.purpose == .panel {
      guard let seal = sealed[naming.call.round], naming.place > seal else { continue }
      universe.count("late replacement")
      // an owner that takes over reads its outcome before it decides
      let owners = universe.lives[.init(service: "aggregator", partition: universe.home(history.id))] ?? 0
      let outcome = outcomes[naming.call.text]?.place ?? .max
      guard !traffic.isCancelled(naming.call), outcome > naming.place, owners == 1 || outcome == .max else { continue }
      say(history, "\(naming.call) was named after its round was sealed, and nobody was told to give it up")
    }
  }
}
