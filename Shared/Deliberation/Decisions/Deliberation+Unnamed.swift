extension Deliberation {
  /// Whether a command may be on its way that no event names yet. It goes out before the event does, so an end that is
  /// read in between cannot know what all of it will have cost.
  var mayBeCalling: Bool {
    guard let ask else { return false }
    switch ask.policy {
    case .never: return isUnheardOf(CallKey(.answer))
    case .auto:
      // what the model chose may be known to whoever dispatches, and the panel be asked already
      guard let decision = decision?.value else {
        return calls[CallKey(.decision)]?.completed.map { !isSilent($0) } ?? isUnheardOf(CallKey(.decision))
      }
      guard decision.outcome == .fused else { return false }
    case .always: break
    }
    return mayBeAskingMembers || mayBeJudging(ask)
  }

  private func isUnheardOf(_ key: CallKey) -> Bool { calls[key]?.named == nil && calls[key]?.outcome == nil }

  /// Whoever dispatches may not have read yet that a member was given up or that the round was sealed.
  private var mayBeAskingMembers: Bool {
    if ask?.recordedPanel != nil { return false }
    if seats.indices.contains(where: { seats[$0].attempt > 0 && isUnheardOf(key(of: $0, in: 0)) }) { return true }
    var round = 0
    while true {
      if dispatched[round] == nil,
        asked(in: round).contains(where: { isUnheardOf(CallKey(.panel, round: round, member: $0)) })
      {
        return true
      }
      guard seals[round] != nil, !isLast(round) else { return false }
      round += 1
    }
  }

  private func mayBeJudging(_ ask: Fact<Requested>) -> Bool {
    guard let seal = lastSeal?.value else { return false }
    let (first, second) = (CallKey(.judge, round: seal.round), CallKey(.judge, round: seal.round, attempt: 1))
    var isWritten = ask.onFailure == .answer
    if !seal.answered.isEmpty {
      let analysis = analyses[seal.round]?.value
      if isUnheardOf(first) { return true }
      // an output that could not be used is sent back once
      if case .completed? = analysis {} else if calls[first]?.completed != nil, isUnheardOf(second) { return true }
      isWritten = analysis != nil && !ask.returnsWinner
    }
    guard isWritten else { return false }
    let answer = CallKey(.answer, round: seal.round)
    return isUnheardOf(answer) || calls[answer]?.completed != nil && !isFinalTurn(answer) && isUnheardOf(answer.next)
  }
}
