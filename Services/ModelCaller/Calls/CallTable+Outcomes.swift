package import Deliberation
package import Models

/// Outcomes on their way to the log, the pieces of text before them, and what is heard and said on `signals`.
extension CallTable {
  mutating func conclude(_ serial: Int, _ verdict: Outcome.Verdict, _ answer: ProviderAnswer, _ now: Moment) {
    guard let call = calls[serial] else { return }
    let routes = call.tries.routes
    let route = routes.indices.contains(call.route) ? routes[call.route] : nil
    let outcome = Outcome(
      verdict: verdict, answer: whole(answer, call), usage: call.usage, cost: call.spent,
      model: route?.model ?? call.command.models[0], provider: route?.provider ?? "", execution: call.execution,
      tries: call.tries.records, tools: call.work.trace, started: call.started, firstToken: call.firstToken,
      finished: now)
    let event = OutcomeEvent(
      call.command, outcome, answerBytes: share(of: call.command), recordBytes: limits.recordBytes)
    settle(serial, event, now)
    land(serial, event, now)
  }

  mutating func settle(_ serial: Int, _ event: OutcomeEvent, _ now: Moment) {
    calls[serial]?.outcome = event
    wheel.remove(serial)
    calls[serial]?.phase = .settling
    writeIfShown(serial)
  }

  /// Its text is acknowledged before its outcome is written, so a result never overtakes it.
  private mutating func writeIfShown(_ serial: Int) {
    guard let call = calls[serial], call.phase == .settling, call.openDeltas == 0 else { return }
    if let address = call.command.stream, gather.holds(serial, address) { return }
    write(serial)
  }

  /// What an answer may take where the command does not say: of a record 80 %, less the question, shared by the largest
  /// panel and two more.
  func share(of command: Command) -> Int {
    command.answerBytes ?? max(limits.recordBytes / 25, (limits.recordBytes * 4 / 5 - command.value.count) / 10)
  }

  mutating func write(_ serial: Int) {
    guard let call = calls[serial], let outcome = call.outcome else { return }
    if call.phase != .writing { writing += 1 }
    calls[serial]?.phase = .writing
    actions.append(.write(.outcome(outcome, command: call.command), .outcome(serial: serial)))
  }

  /// The brokers have acknowledged a record, or it can never be written.
  package mutating func acknowledged(_ receipt: Receipt, _ delivery: Delivery, now: Moment) {
    switch receipt {
    case .outcome(let serial):
      guard let call = calls[serial], call.phase == .writing, let outcome = call.outcome else { return }
      guard delivery == .acknowledged else {
        // what it cost is paid: it is told again after a pause
        if delivery == .tooLarge { rewrite(call, now) }
        wheel.set(serial, at: now + limits.naming)
        return
      }
      count {
        if outcome.isCompleted {
          $0.completed += 1
        } else {
          $0.failed[outcome.reason ?? .upstreamError, default: 0] += 1
        }
        $0.cost += call.spent
      }
      memory.remember(call.command.call.text, outcome)
      for place in call.places { finish(place, now) }
      if call.wasNamed { endedNames.append(call.command.call.text) }
      remove(serial, now)
    case .replay(let place), .deadLetter(let place):
      // refused for good it is not tried again: an outcome stands on the log already, a record that is cut always fits
      openLetters -= 1
      finish(place, now)
    case .deltas(let number):
      // a gateway that cannot be reached gets the text with the outcome
      for serial in openDeltas.removeValue(forKey: number) ?? [] {
        calls[serial]?.openDeltas -= 1
        writeIfShown(serial)
      }
    case .signal: break
    }
    flow(now)
  }

  /// The outcome does not fit: it will be told without what made it too long.
  private mutating func rewrite(_ call: Call, _ now: Moment) {
    let failure = ProviderFailure(.tooLarge, message: "the outcome does not fit into a record", remedy: .none)
    let outcome = Outcome(
      verdict: .failed(failure), answer: ProviderAnswer(), usage: call.usage, cost: call.spent,
      model: call.command.models[0], provider: "", execution: call.execution, tries: [], started: call.started,
      firstToken: call.firstToken, finished: now)
    let event = OutcomeEvent(
      call.command, outcome, answerBytes: share(of: call.command), recordBytes: limits.recordBytes)
    calls[call.serial]?.outcome = event
  }

  // MARK: pieces of text

  /// A piece of an answer came.
  package mutating func delta(serial: Int, number: Int, _ delta: AnswerDelta, now: Moment) {
    guard let call = calls[serial], call.phase == .trying, call.tryNumber == number, call.stopping == nil,
      !call.isMuted,
      let address = call.command.stream
    else { return }
    var delta = delta
    if call.command.offersFusion || !call.command.grants.isEmpty { delta.toolCalls = [] }
    if call.work.isBreakDue, !delta.text.isEmpty {
      delta.text = ToolWork.pause + delta.text
      calls[serial]?.work.isBreakDue = false
    }
    guard !delta.isEmpty else { return }
    let isFull = gather.add(delta, of: call, to: address, now: now)
    calls[serial]?.shown += delta.text.utf8.count
    calls[serial]?.hasStreamed = true
    if isFull { flushDeltas(address, now) }
  }

  mutating func flushDeltas(_ now: Moment) {
    for address in gather.addresses(due: now) { flushDeltas(address, now) }
  }

  private mutating func flushDeltas(_ address: ReplyAddress, _ now: Moment) {
    guard let (record, serials) = gather.take(address, now: now) else { return }
    lastDelta += 1
    openDeltas[lastDelta] = serials
    for serial in serials { calls[serial]?.openDeltas += 1 }
    actions.append(.write(.deltas(record), .deltas(lastDelta)))
  }

  // MARK: signals

  /// Something was heard on `signals`.
  package mutating func heard(_ signal: Signal, now: Moment) {
    switch signal {
    case .cancelled(let deliberation, let ids):
      cancellations.remember(deliberation, ids, now: now)
      let serials = ids.map { $0.compactMap { self.serials[$0] } } ?? ofDeliberation[deliberation]?.sorted() ?? []
      for serial in serials where calls[serial]?.command.call.deliberation == deliberation { cancel(serial, now) }
    case .running(let instance, let ids):
      guard instance != self.instance else { return }
      for id in ids {
        rumours.name(id, now: now)
        if let serial = serials[id] { leaveToOther(serial, now) }
      }
    case .ended(let ids):
      for id in ids {
        rumours.end(id)
        if let serial = serials[id] { endedElsewhere(serial, now) }
      }
    }
    flow(now)
  }

  /// Another names a call that is this caller's: it stays with the other, unless a request for it was made here already
  /// or others here wait for its answer.
  private mutating func leaveToOther(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    if call.phase == .queued, call.number == 0, !call.isOrphan, riders[serial, default: []].isEmpty {
      calls[serial]?.phase = .held
      count {
        $0.inFlight -= 1
        $0.held += 1
      }
    } else if call.phase != .held {
      return
    }
    wheel.set(serial, at: now + limits.quiet)
  }

  /// Says once a second which calls go on here though their partition has gone.
  mutating func nameOrphans(_ now: Moment) {
    guard let due = namingDue, due <= now else { return }
    let orphans = orphanSerials.sorted().compactMap { calls[$0] }
    namingDue = orphans.isEmpty ? nil : now + limits.naming
    var rest = orphans[...]
    while !rest.isEmpty {
      let part = rest.prefix(limits.namesPerSignal)
      rest = rest.dropFirst(limits.namesPerSignal)
      for call in part { calls[call.serial]?.wasNamed = true }
      actions.append(
        .write(.signal(.running(instance: instance, calls: part.map(\.command.call.text))), .signal))
    }
  }
}
