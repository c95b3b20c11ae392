/// The aggregator: when a set of answers is closed, how a deliberation ends, and who is told what.
package struct Assembling: Decides {
  package init() {}

  /// Open until the end was read, and where that did not know every cost until `settled` was.
  package func isOpen(_ deliberation: Deliberation) -> Bool {
    deliberation.isOpen || deliberation.ask != nil && deliberation.mustSettle && deliberation.settled == nil
  }

  package func wake(_ deliberation: Deliberation) -> Moment? {
    guard let ask = deliberation.ask, isOpen(deliberation) else { return nil }
    if let end = deliberation.end { return settling(deliberation, ask, end.time) }
    guard let round = deliberation.openRound else { return ask.deadline }
    let times =
      [ask.deadline, deliberation.deadline(ofRound: round)] + (quorumOver(deliberation, ask, round).map { [$0] } ?? [])
    return times.min()
  }

  package func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    let announcing = Announcing(deliberation)
    guard deliberation.ask != nil else { return announcing.refusals() + announcing.end() }
    var outputs = announcing.progress() + announcing.cancellations() + announcing.refusals()
    if deliberation.end == nil {
      if let end = Ending(deliberation, now: now).event() {
        outputs.append(.event(end, of: deliberation.id, "end"))
      } else if let seal = seal(deliberation, now: now) {
        outputs.append(.event(.panelAssembled(seal), of: deliberation.id, seal.round))
      }
    } else {
      outputs += announcing.end()
      if let settled = settle(deliberation, now: now) {
        outputs.append(.event(.settled(settled), of: deliberation.id, "settled"))
      }
    }
    return outputs
  }

  // MARK: Sealing

  private func seal(_ deliberation: Deliberation, now: Moment) -> PanelAssembled? {
    guard let ask = deliberation.ask, let round = deliberation.openRound else { return nil }
    if let recorded = ask.recordedPanel {
      let calls = recorded.indices.map { CallKey(.panel, member: $0).id(in: deliberation.id) }
      return PanelAssembled(round: 0, sealed: .complete, answered: calls)
    }
    let asked = deliberation.asked(in: round)
    let statuses = asked.map { deliberation.status(of: $0, in: round) }
    let isWaiting = statuses.contains { if case .waiting = $0 { true } else { false } }
    let kind: SealKind
    if !isWaiting {
      kind = .complete
    } else if now >= min(deliberation.deadline(ofRound: round), ask.deadline) {
      kind = .deadline
    } else if let over = quorumOver(deliberation, ask, round), now >= over {
      kind = .quorum
    } else {
      return nil
    }
    return assembled(deliberation, round, kind, asked, statuses)
  }

  /// When the rest have had their grace, once enough have answered.
  private func quorumOver(_ deliberation: Deliberation, _ ask: Fact<Requested>, _ round: Int) -> Moment? {
    let asked = deliberation.asked(in: round)
    let quorum = deliberation.quorum(ofRound: round)
    // where all are needed the panel is complete or has no quorum
    guard quorum > 0, quorum < asked.count else { return nil }
    var answers: [(place: Int, time: Moment)] = []
    for member in asked {
      guard case .answered(let key) = deliberation.status(of: member, in: round),
        let outcome = deliberation.calls[key]?.outcome
      else { continue }
      answers.append((outcome.place, outcome.time))
    }
    guard answers.count >= quorum else { return nil }
    return answers.sorted { $0.place < $1.place }[quorum - 1].time + ask.graceMilliseconds
  }

  private func assembled(
    _ deliberation: Deliberation, _ round: Int, _ kind: SealKind, _ asked: [Int],
    _ statuses: [Deliberation.MemberStatus]
  ) -> PanelAssembled {
    var answered: [CallID] = []
    var failed: [CallID] = []
    var abandoned: [CallID] = []
    let earlier = round > 0 ? deliberation.seals[round - 1]?.value : nil
    func id(_ key: CallKey) -> CallID { key.id(in: deliberation.id) }
    for (member, status) in zip(asked, statuses) {
      // a revision that did not come leaves the member's last answer
      let last = earlier?.answered.first { $0.member == member }
      switch status {
      case .answered(let key): answered.append(id(key))
      case .failed(let key):
        failed.append(id(key))
        if let last { answered.append(last) }
      case .abandoned(let key):
        abandoned.append(id(key))
        if let last { answered.append(last) }
      case .waiting(let key):
        if key.attempt > 0, !deliberation.isNamed(key) {
          failed.append(id(CallKey(.panel, member: member, attempt: key.attempt - 1)))
        } else {
          abandoned.append(id(key))
        }
        if let last { answered.append(last) }
      }
    }
    if let earlier {
      answered += earlier.answered.filter { !asked.contains($0.member ?? -1) }
      failed += earlier.failed.filter { !asked.contains($0.member ?? -1) }
      abandoned += earlier.abandoned.filter { !asked.contains($0.member ?? -1) }
    }
    func ordered(_ calls: [CallID]) -> [CallID] { calls.sorted { ($0.member ?? 0) < ($1.member ?? 0) } }
    return PanelAssembled(
      round: round, sealed: kind, answered: ordered(answered), failed: ordered(failed), abandoned: ordered(abandoned))
  }

  // MARK: Settling

  private func settle(_ deliberation: Deliberation, now: Moment) -> Settled? {
    guard let ask = deliberation.ask, deliberation.mustSettle, deliberation.settled == nil else { return nil }
    let tally = Tally(deliberation)
    let isKnown = tally.isFinal && !deliberation.mayBeCalling
    guard isKnown || now >= settling(deliberation, ask, deliberation.end?.time ?? now) else { return nil }
    return Settled(usage: tally.usage, cost: tally.cost, calls: tally.calls, digestEvents: deliberation.count)
  }

  /// When is no longer waited for what has not reported. A command that nothing names is named soon, or it was never
  /// sent; a call that is named has the deliberation's whole time.
  private func settling(_ deliberation: Deliberation, _ ask: Fact<Requested>, _ end: Moment) -> Moment {
    let last = ask.deadline + Limits.slack
    return Tally(deliberation).isFinal ? min(last, end + Limits.slack) : last
  }
}

extension Deliberation {
  /// Whether the end did not know every cost: it says so itself, or an outcome stands behind it.
  var mustSettle: Bool {
    guard let end, let totals = end.value.totals else { return false }
    return !totals.costFinal
      || calls.contains { _, call in call.outcome.map { $0.place >= totals.digestEvents } ?? false }
  }
}
