/// Whether and how a deliberation ends now.
struct Ending {
  private let deliberation: Deliberation
  private let now: Moment

  init(_ deliberation: Deliberation, now: Moment) {
    self.deliberation = deliberation
    self.now = now
  }

  func event() -> Event? {
    guard let ask = deliberation.ask else { return nil }
    if let cancel = deliberation.cancel?.value { return .cancelled(Cancelled(by: cancel.by, totals: totals)) }
    if let end = natural(ask) { return end }
    // a panel that nobody sealed in time is sealed first: what it answered belongs to the end
    guard now >= ask.deadline, deliberation.openRound == nil else { return nil }
    return failed(
      .deadline, 504,
      result.isOK
        ? "the answer was not there at the deadline; the panel's answers are in metadata.fusion"
        : "the deadline passed before any answer")
  }

  private var result: FusionResult { FusionResult(deliberation, upTo: .max) }

  private func natural(_ ask: Fact<Requested>) -> Event? {
    switch ask.policy {
    case .never: return single(ask, CallKey(.answer))
    case .always: return afterPanel(ask)
    case .auto:
      guard let decision = deliberation.decision?.value else {
        // what the model chose is the dispatcher's to say; that it failed needs no saying
        guard let call = deliberation.calls[CallKey(.decision)],
          call.failed != nil || call.completed.map(deliberation.isSilent) ?? false
        else { return nil }
        return single(ask, CallKey(.decision))
      }
      return decision.outcome == .fused ? afterPanel(ask) : single(ask, CallKey(decision.call))
    }
  }

  /// A plain call, or the decision of an outer model that did not call fusion.
  private func single(_ ask: Fact<Requested>, _ key: CallKey) -> Event? {
    guard let call = deliberation.calls[key] else { return nil }
    if let completed = call.completed {
      if deliberation.isSilent(completed) { return failed(.answerFailed, 502, words(silent: completed)) }
      return .completed(
        Completed(
          status: "ok", answerCall: completed.call, model: completed.model, mode: ask.mode, totals: totals))
    }
    guard let failure = call.failed else { return nil }
    if let late = late(ask, call) { return late }
    let status =
      switch failure.reason {
      case .rateLimited: 429
      case .insufficientCredits, .overBudget: 402
      case .timeout, .expired: 504
      case .invalidRequest, .contentFilter: 400
      default: 502
      }
    return failed(.answerFailed, status, words(failure))
  }

  private func afterPanel(_ ask: Fact<Requested>) -> Event? {
    guard let seal = deliberation.lastSeal?.value else { return nil }
    if seal.answered.isEmpty, ask.onFailure == .fail { return panelFailed(result) }
    if ask.returnsWinner, !seal.answered.isEmpty { return best(ask, seal, result) }
    guard let final = deliberation.finalAnswer(ofRound: seal.round) else { return nil }
    let result = result
    if let completed = final.call.completed {
      if deliberation.isSilent(completed) { return answerFailed(result, 502, words(silent: completed)) }
      return .completed(
        Completed(
          status: result.isOK ? "ok" : "error", failureReason: result.failureReason,
          answerCall: completed.call, model: completed.model, mode: ask.mode,
          winner: ask.mode == .bestOf ? result.winner : nil, totals: totals))
    }
    guard let failure = final.call.failed else { return nil }
    if let late = late(ask, final.call) { return late }
    let status =
      switch failure.reason {
      case .rateLimited: 429
      case .insufficientCredits, .overBudget: 402
      default: 502
      }
    return answerFailed(result, status, words(failure))
  }

  /// The last call was given up because the deliberation's time was over: the end is the deadline's, whether its caller's
  /// word or the clock here comes first.
  private func late(_ ask: Fact<Requested>, _ call: CallState) -> Event? {
    guard let outcome = call.outcome, let failure = call.failed, [.timeout, .expired].contains(failure.reason),
      outcome.time >= ask.deadline
    else { return nil }
    return failed(.deadline, 504, "the answer was not there at the deadline; \(words(failure))")
  }

  private func answerFailed(_ result: FusionResult, _ status: Int, _ words: String) -> Event {
    guard result.isOK else { return panelFailed(result) }
    return failed(
      .answerFailed, status,
      "the panel answered, and the call that writes the answer failed; the drafts are in metadata.fusion; \(words)")
  }

  private func best(_ ask: Fact<Requested>, _ seal: PanelAssembled, _ result: FusionResult) -> Event? {
    guard deliberation.analyses[seal.round] != nil, let winner = result.winner else { return nil }
    let call = result.answered[winner]
    let model = deliberation.calls[CallKey(call)]?.completed?.model ?? deliberation.modelAsked(call)
    return .completed(
      Completed(
        status: "ok", failureReason: result.failureReason, answerCall: call, model: model, mode: ask.mode,
        winner: winner, totals: totals))
  }

  private func panelFailed(_ result: FusionResult) -> Event {
    let reason = result.panelFailure
    let status =
      switch reason {
      case .insufficientCredits, .overBudget: 402
      case .rateLimited: 429
      default: 502
      }
    return failed(reason, status, result.errorText)
  }

  private func words(_ failure: CallFailed) -> String {
    let model = failure.modelAsked ?? failure.model ?? failure.call.local
    return "\(model): \(failure.reason.rawValue)\(failure.status.map { " \($0)" } ?? "") \(failure.message)"
  }

  private func words(silent turn: CallCompleted) -> String {
    "\(turn.modelAsked): \(FailureReason.upstreamError.rawValue) it ended without producing any text"
  }

  private func failed(_ reason: EndReason, _ status: Int, _ message: String) -> Event {
    .failed(Failed(reason: reason, message: String(message.prefix(4_000)), statusCode: status, totals: totals))
  }

  private var totals: Totals {
    let tally = Tally(deliberation)
    let asked = deliberation.ask?.time ?? now
    return Totals(
      usage: tally.usage, cost: tally.cost, costFinal: tally.isFinal && !deliberation.mayBeCalling, calls: tally.calls,
      durationMilliseconds: max(0, now - asked), digest: deliberation.digest, digestEvents: deliberation.count)
  }
}
