/// The dispatcher: who is asked. The outer model where it decides, the panel with its stand-ins and rounds, and the one
/// call where no panel sits.
package struct Dispatching: Decides {
  /// A request to cancel that was read on `cancels` and may not yet stand in the log.
  package struct PendingCancel: Sendable, Equatable {
    package let request: CancelRequested
    package let source: String
    package let id: String

    package init(request: CancelRequested, source: String, id: String) {
      self.request = request
      self.source = source
      self.id = id
    }

    package func output(for deliberation: String) -> Output {
      .event(
        .cancelRequested(request), of: deliberation, IDs.discriminator(source: source, id: id), causation: id)
    }
  }

  package init() {}

  package func isOpen(_ deliberation: Deliberation) -> Bool { deliberation.isOpen }

  /// Nothing of the dispatcher's waits for a clock: deadlines stop it, they start nothing.
  package func wake(_ deliberation: Deliberation) -> Moment? { nil }

  /// With what was asked to be cancelled: that stands in the log before anything else is called.
  package func decide(_ deliberation: Deliberation, now: Moment, cancels: [PendingCancel]) -> [Output] {
    guard deliberation.isOpen else { return [] }
    let unread = cancels.map { $0.output(for: deliberation.id) }.filter { !deliberation.hasRead($0.id) }
    return unread.isEmpty ? decide(deliberation, now: now) : unread
  }

  package func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    guard let ask = deliberation.ask, deliberation.isOpen, deliberation.cancel == nil, now < ask.deadline else {
      return []
    }
    switch ask.policy {
    case .never: return plain(deliberation, ask)
    case .always: return panel(deliberation, ask, now: now)
    case .auto:
      guard deliberation.decision == nil else { return panel(deliberation, ask, now: now) }
      return decision(deliberation, ask)
    }
  }

  private func plain(_ deliberation: Deliberation, _ ask: Fact<Requested>) -> [Output] {
    let key = CallKey(.answer)
    return deliberation.single(key, lane: ask.answerer.lane) {
      deliberation.outerCall(key, ask, messages: ask.messages, offersFusion: false, isAfterFusion: false)
    }
  }

  private func decision(_ deliberation: Deliberation, _ ask: Fact<Requested>) -> [Output] {
    let key = CallKey(.decision)
    var outputs = deliberation.single(key, lane: ask.answerer.lane) {
      deliberation.outerCall(key, ask, messages: ask.messages, offersFusion: true, isAfterFusion: false)
    }
    if let turn = deliberation.calls[key]?.completed, !deliberation.isSilent(turn) {
      let call = key.id(in: deliberation.id)
      let fused = deliberation.fusionCalls(in: turn).first
      let made = DecisionMade(
        call: call, outcome: fused != nil ? .fused : turn.toolCalls.isEmpty ? .answered : .clientTool,
        toolCallID: fused.map { $0["id"]?.string ?? "call_fusion" })
      outputs.append(.event(.decisionMade(made), of: deliberation.id, call.local))
    }
    return outputs
  }

  private func panel(_ deliberation: Deliberation, _ ask: Fact<Requested>, now: Moment) -> [Output] {
    guard ask.recordedPanel == nil, let round = deliberation.openRound, now < deliberation.deadline(ofRound: round)
    else {
      return []
    }
    var outputs: [Output] = []
    var conversations = Conversations()
    if let dispatched = deliberation.dispatched[round]?.value {
      // read already, and so named: again only what a broker lost
      let members = deliberation.restored == nil ? [] : dispatched.members
      for member in members where deliberation.givenUp[member.index] == nil {
        let key = CallKey(member.call)
        guard deliberation.mustSend(key) else { continue }
        outputs.append(command(deliberation, ask, key, member.model, &conversations))
      }
    } else {
      outputs = dispatch(deliberation, ask, round, &conversations)
    }
    return round == 0 ? outputs + replacements(deliberation, ask, &conversations) : outputs
  }

  private func dispatch(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ round: Int, _ conversations: inout Conversations
  ) -> [Output] {
    var commands: [Output] = []
    var members: [PanelDispatched.Member] = []
    for index in deliberation.asked(in: round) where deliberation.givenUp[index] == nil {
      let key = CallKey(.panel, round: round, member: index)
      let model = round == 0 ? deliberation.seats[index].holders[0].model : deliberation.holder(of: index)
      members.append(PanelDispatched.Member(index: index, model: model, call: key.id(in: deliberation.id)))
      if deliberation.mustSend(key) { commands.append(command(deliberation, ask, key, model, &conversations)) }
    }
    guard !members.isEmpty else { return [] }
    let event = PanelDispatched(
      round: round, members: members, deadline: deliberation.deadline(ofRound: round), promptVersion: Prompts.version)
    return commands + [
      .event(.panelDispatched(event), of: deliberation.id, round, after: commands.map(\.id))
    ]
  }

  private func replacements(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ conversations: inout Conversations
  ) -> [Output] {
    guard deliberation.standInsUsed > 0 else { return [] }
    var outputs: [Output] = []
    for (index, seat) in deliberation.seats.enumerated() where deliberation.givenUp[index] == nil {
      for (attempt, holder) in seat.holders.enumerated().dropFirst() {
        let key = CallKey(.panel, member: index, attempt: attempt)
        let sends = deliberation.mustSend(key)
        if sends { outputs.append(command(deliberation, ask, key, holder.model, &conversations)) }
        guard !deliberation.isNamed(key) else { continue }
        let call = key.id(in: deliberation.id)
        let event = MemberReplaced(
          round: 0, index: index, model: holder.model, call: call, deadline: deliberation.deadline(of: index, in: 0),
          replaces: CallKey(.panel, member: index, attempt: attempt - 1).id(in: deliberation.id))
        outputs.append(
          .event(.memberReplaced(event), of: deliberation.id, call.local, after: sends ? [IDs.command(call)] : []))
      }
    }
    return outputs
  }

  /// What the members of one decision are sent: in the first round all get the same conversation.
  private struct Conversations {
    var shared: (messages: [JSON], written: [UInt8])?
  }

  private func command(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ key: CallKey, _ model: ModelRef,
    _ conversations: inout Conversations
  ) -> Output {
    var parameters: JSONObject = ["max_completion_tokens": .int(Int64(ask.maxCompletionTokens))]
    parameters["temperature"] = ask.temperature.map { .double($0) }
    parameters["reasoning"] = ask.reasoning
    parameters["cache_control"] = ask.cacheControl
    let index = key.member ?? 0
    let sameBefore = ask.panel.prefix(index).count { $0.model == model.model }
    let told: (messages: [JSON], written: [UInt8])
    if key.round == 0, let shared = conversations.shared {
      told = shared
    } else {
      let messages = messages(deliberation, ask, key)
      told = (messages, JSON.array(messages).bytes)
      if key.round == 0 { conversations.shared = told }
    }
    let command = deliberation.command(
      key, model, messages: told.messages, tools: ask.tools, parameters: parameters,
      deadline: deliberation.deadline(of: index, in: key.round), isShown: ask.stream == .panel, sameBefore: sameBefore)
    return deliberation.output(command, lane: model.lane, value: command.written(around: told.written))
  }

  private func messages(_ deliberation: Deliberation, _ ask: Fact<Requested>, _ key: CallKey) -> [JSON] {
    guard key.round > 0, let seal = deliberation.seals[key.round - 1]?.value else { return Prompts.panel(ask.messages) }
    let own = seal.answered.first { $0.member == key.member }.flatMap { deliberation.answer($0) }
    let others = Labels(
      deliberation: deliberation.id, round: key.round, calls: seal.answered.filter { $0.member != key.member })
    return Prompts.revision(
      ask.messages, seed: key.id(in: deliberation.id).text, own: own ?? .empty,
      others: others.calls.compactMap { deliberation.answer($0) })
  }
}

extension Deliberation {
  /// Whoever sat last on that seat: it goes on through the rounds of a debate.
  func holder(of member: Int) -> ModelRef { seats[member].model }

  func hasRead(_ id: String) -> Bool {
    local(id) { seen.contains($0) }
  }
}
