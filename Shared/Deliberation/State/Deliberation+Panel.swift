/// The rules of the panel that dispatcher, aggregator and judge must see alike.
extension Deliberation {
  package enum MemberStatus: Sendable, Equatable {
    case waiting(CallKey)
    case answered(CallKey)
    case failed(CallKey)
    case abandoned(CallKey)
  }

  /// Whether a panel sits: by policy, or because the outer model called for it.
  package var panelSits: Bool {
    guard let ask else { return false }
    return ask.policy == .always || ask.policy == .auto && decision?.value.outcome == .fused
  }

  /// The members asked in a round: in a debate those whose answer of the round before is fresh.
  package func asked(in round: Int) -> [Int] {
    guard round > 0 else { return Array(seats.indices) }
    guard let seal = seals[round - 1] else { return [] }
    return seal.value.answered.filter { $0.round == round - 1 }.compactMap(\.member).filter { member in
      guard let place = givenUp[member] else { return true }
      return place > seal.place
    }.sorted()
  }

  /// The call of a member in a round; in round 0 that of whoever holds its seat.
  package func key(of member: Int, in round: Int) -> CallKey {
    CallKey(.panel, round: round, member: member, attempt: round == 0 ? seats[member].attempt : 0)
  }

  package func status(of member: Int, in round: Int) -> MemberStatus {
    let key = key(of: member, in: round)
    let call = calls[key]
    let givenUp = givenUp[member] ?? .max
    if let outcome = call?.outcome, outcome.place < givenUp {
      return call?.isAnswered == true ? .answered(key) : .failed(key)
    }
    if givenUp == .max { return .waiting(key) }
    // a stand-in that was never asked leaves the call that failed before it
    if key.attempt > 0, call?.named == nil { return .failed(CallKey(.panel, member: member, attempt: key.attempt - 1)) }
    return .abandoned(key)
  }

  /// Whether the seal of that round is the panel's last word.
  package func isLast(_ round: Int) -> Bool {
    guard let ask, let seal = seals[round]?.value else { return false }
    return ask.mode != .debate || round >= ask.rounds || seal.answered.count < 2 || asked(in: round + 1).isEmpty
  }

  /// The last seal, once it has been read.
  package var lastSeal: Fact<PanelAssembled>? {
    var round = 0
    while let seal = seals[round] {
      if isLast(round) { return seal }
      round += 1
    }
    return nil
  }

  /// The round that is waiting to be sealed.
  package var openRound: Int? {
    guard panelSits else { return nil }
    var round = 0
    while seals[round] != nil {
      if isLast(round) { return nil }
      round += 1
    }
    return round
  }

  /// When a round is sealed at the latest. The rounds of a debate share the panel's time evenly.
  package func deadline(ofRound round: Int) -> Moment {
    guard let ask else { return Moment(milliseconds: 0) }
    guard ask.mode == .debate else { return ask.panelDeadline }
    let whole = ask.panelDeadline - ask.time
    return ask.time + whole * Int64(round + 1) / Int64(ask.rounds + 1)
  }

  /// When a round began: an event's time, so that every instance counts from the same moment.
  package func start(ofRound round: Int) -> Moment? {
    guard let ask else { return nil }
    if round > 0 { return seals[round - 1]?.time }
    return ask.policy == .always ? ask.time : decision?.time
  }

  /// When the call of a member must be over.
  package func deadline(of member: Int, in round: Int) -> Moment {
    let deadline = deadline(ofRound: round)
    guard let timeout = ask?.memberTimeoutMilliseconds else { return deadline }
    let since = (round == 0 ? seats[member].since : nil) ?? start(ofRound: round)
    return since.map { min(deadline, $0 + timeout) } ?? deadline
  }

  /// How many answers suffice in a round.
  package func quorum(ofRound round: Int) -> Int {
    guard let ask else { return 0 }
    return min(ask.quorum, asked(in: round).count)
  }

  /// What a call of the panel answered, also where the answer came with the ask.
  package func answer(_ call: CallID) -> Passage? {
    if let recorded = ask?.recordedPanel {
      guard call.purpose == .panel, call.round == 0, let member = call.member, recorded.indices.contains(member) else {
        return nil
      }
      return recorded[member].content
    }
    return calls[CallKey(call)]?.completed?.content
  }

  /// The model that a call of the panel was asked of, by the name that the asker used.
  package func modelAsked(_ call: CallID) -> String {
    guard let ask, let member = call.member else { return "" }
    if let recorded = ask.recordedPanel { return recorded.indices.contains(member) ? recorded[member].model : "" }
    let key = CallKey(call)
    if let named = calls[key]?.model?.asked { return named }
    if key.round == 0, seats.indices.contains(member), seats[member].holders.indices.contains(key.attempt) {
      return seats[member].holders[key.attempt].model.asked
    }
    return calls[key]?.completed?.modelAsked ?? (ask.panel.indices.contains(member) ? ask.panel[member].asked : "")
  }
}
