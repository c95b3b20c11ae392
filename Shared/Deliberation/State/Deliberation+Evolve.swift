extension Deliberation {
  /// Folds one record of the log into what is known. Copies change nothing; events of different writers may come in any
  /// order.
  package static func evolve(_ state: inout Deliberation?, _ recorded: consuming Recorded) {
    var deliberation = state ?? Deliberation(id: recorded.subject)
    state = nil
    if !isKnownUniquelyReferenced(&deliberation) { deliberation = Deliberation(deliberation) }
    deliberation.read(recorded)
    state = deliberation
  }

  private func read(_ recorded: consuming Recorded) {
    guard local(recorded.id, { seen.insert($0) }) else { return }
    let place = count
    count += 1
    if !recorded.valueHash.isEmpty {
      hash.update(recorded.id)
      hash.update(" ")
      hash.update(Hex.text(recorded.valueHash))
      hash.update("\n")
    }
    guard let event = recorded.event else { return }
    // what is told of a step is told as things are after it; an event is large, and kept for that only where somebody watches
    let watched = (ask?.stream ?? .none) != .none ? recorded : nil
    fold(event, id: recorded.id, time: recorded.time, at: place)
    if let watched { note(event, watched) }
  }

  private func fold(_ event: consuming Event, id: String, time: Moment, at place: Int) {
    func fact<Value>(_ value: consuming Value) -> Fact<Value> { Fact(value: value, id: id, place: place, time: time) }
    switch event {
    case .requested(let event): take(fact(event))
    case .rejected(let event): refuse(fact(event))
    case .cancelRequested(let event): cancel(fact(event))
    case .decisionMade(let event): if decision == nil { decision = fact(event) }
    case .panelDispatched(let event): name(fact(event))
    case .memberReplaced(let event): name(fact(event))
    case .callRequested(let event):
      name(CallKey(event.call), ModelRef(asked: event.model, model: event.model, lane: event.lane), at: place)
    case .callCompleted(let event): conclude(CallKey(event.call), fact(.completed(event)))
    case .callFailed(let event): conclude(CallKey(event.call), fact(.failed(event)))
    case .panelAssembled(let event): if seals[event.round] == nil { seals[event.round] = fact(event) }
    case .analysisCompleted(let event):
      if analyses[event.round] == nil { analyses[event.round] = fact(.completed(event)) }
    case .analysisDegraded(let event):
      if analyses[event.round] == nil { analyses[event.round] = fact(.degraded(event)) }
    case .completed(let event): if end == nil { end = fact(.completed(event)) }
    case .failed(let event): if end == nil { end = fact(.failed(event)) }
    case .cancelled(let event): if end == nil { end = fact(.cancelled(event)) }
    case .settled(let event): if settled == nil { settled = fact(event) }
    case .restored: restored = place
    case .forgotten: break
    }
  }

  /// An event's id without the deliberation's before it: all of them begin with that, and a service holds many.
  func local<Result>(_ event: String, _ use: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var (event, own) = (event, id)
    return own.withUTF8 { own in
      event.withUTF8 { event in
        let isOwn =
          event.count >= own.count && ByteSearch.isSame(UnsafeBufferPointer(rebasing: event[..<own.count]), own)
        return use(isOwn ? UnsafeBufferPointer(rebasing: event[own.count...]) : event)
      }
    }
  }

  private func take(_ fact: Fact<Requested>) {
    let event = fact.value
    let discriminator = event.origin.discriminator
    guard isNew(discriminator) else { return }
    guard let first = ask else {
      // refused before under this id: that was its end
      guard end == nil else { return join(fact, .late) }
      ask = fact
      seats = event.panel.map { Seat(holders: [Seat.Holder(model: $0, since: nil)]) }
      return
    }
    let verdict: Joined.Verdict =
      end != nil
      ? .late
      : event.bodyHash == first.value.bodyHash
        ? .joined
        : .refused(
          AskError(
            status: 422, type: "unprocessable",
            "the id \(id) was used before with another body; use a new key or id for a new request"))
    join(fact, verdict)
  }

  private func join(_ fact: Fact<Requested>, _ verdict: Joined.Verdict) {
    joined.append(Fact(value: Joined(fact.value, verdict), id: fact.id, place: fact.place, time: fact.time))
  }

  private func refuse(_ fact: Fact<Rejected>) {
    let event = fact.value
    guard isNew(event.origin.discriminator) else { return }
    if ask == nil, end == nil {
      end = Fact(value: .rejected(event), id: fact.id, place: fact.place, time: fact.time)
    } else {
      joined.append(Fact(value: Joined(event), id: fact.id, place: fact.place, time: fact.time))
    }
  }

  /// The first of `requested` and `rejected` with one discriminator is what became of that ask.
  private func isNew(_ discriminator: String) -> Bool {
    if ask?.origin.discriminator == discriminator { return false }
    if case .rejected(let rejected) = end?.value, rejected.origin.discriminator == discriminator { return false }
    return !joined.contains { $0.value.discriminator == discriminator }
  }

  private func cancel(_ fact: Fact<CancelRequested>) {
    guard let members = fact.value.members else {
      if cancel == nil { cancel = fact }
      return
    }
    for member in members where givenUp[member] == nil { givenUp[member] = fact.place }
  }

  private func name(_ fact: Fact<PanelDispatched>) {
    let event = fact.value
    if dispatched[event.round] == nil { dispatched[event.round] = fact }
    for member in event.members {
      let key = CallKey(member.call)
      name(key, member.model, at: fact.place)
      if seals[event.round] != nil { late.append(key) }
    }
  }

  private func name(_ fact: Fact<MemberReplaced>) {
    let key = CallKey(fact.value.call)
    name(key, fact.value.model, at: fact.place)
    if seals[fact.value.round] != nil { late.append(key) }
  }

  private func name(_ key: CallKey, _ model: ModelRef, at place: Int) {
    var call = calls[key] ?? CallState()
    guard call.named == nil else { return }
    call.named = place
    call.model = model
    calls[key] = call
  }

  private func conclude(_ key: CallKey, _ fact: Fact<CallState.Outcome>) {
    var call = calls[key] ?? CallState()
    guard call.outcome == nil else { return }
    call.outcome = fact
    if case .completed(let completed) = fact.value { call.isAnswered = completed.isAnswer }
    calls[key] = call
    passOn(key, fact)
  }

  /// Gives the seat of a member that failed for good to the next stand-in. It follows from the order of the log alone,
  /// so the dispatcher that calls and the aggregator that waits mean the same one.
  private func passOn(_ key: CallKey, _ fact: Fact<CallState.Outcome>) {
    guard let ask, standInsUsed < ask.standIns.count, key.purpose == .panel, key.round == 0, let index = key.member,
      seats.indices.contains(index), seats[index].attempt == key.attempt, seals[0] == nil, givenUp[index] == nil
    else { return }
    switch fact.value {
    case .completed(let call) where call.isAnswer: return
    // given up from outside, not failed: nobody takes its place
    case .failed(let call) where call.reason == .cancelled: return
    case .completed, .failed: break
    }
    seats[index].holders.append(Seat.Holder(model: ask.standIns[standInsUsed], since: fact.time))
    standInsUsed += 1
  }
}

extension Deliberation.Joined {
  init(_ ask: Requested, _ verdict: Verdict) {
    self.init(
      discriminator: ask.origin.discriminator, form: ask.form, reply: ask.reply, origin: ask.origin,
      metadata: ask.metadata, verdict: verdict)
  }

  init(_ ask: Rejected) {
    self.init(
      discriminator: ask.origin.discriminator, form: ask.form, reply: ask.reply, origin: ask.origin,
      metadata: ask.metadata,
      verdict: .refused(AskError(status: ask.code, type: ask.errorType, ask.message, path: ask.path)))
  }
}

extension CallCompleted {
  /// A model that ended without a word has not answered.
  package var isAnswer: Bool { content.hasWords }
}
