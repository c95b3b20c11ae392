package import Deliberation
package import Models

/// What becomes of a command: held, begun, tried, stopped, ended.
extension CallTable {
  mutating func take(_ command: Command, at place: Place, isMarked: Bool, _ began: Moment, _ now: Moment) {
    let id = command.call.text
    if let serial = serials[id], let known = calls[serial] {
      // the same call once more, or one that came back to where it runs: it is performed once and finishes both
      calls[serial]?.places.append(place)
      orphanSerials.remove(serial)
      if isMarked, known.phase != .held { unmark(place) }
      return
    }
    if let outcome = memory[id] {
      if isMarked {
        finish(place, now)
      } else {
        count { $0.replayed += 1 }
        openLetters += 1
        actions.append(.write(.outcome(outcome.replayed(), command: command), .replay(place)))
      }
      return
    }
    if rumours.hasEnded(id) {
      count { $0.endedElsewhere += 1 }
      finish(place, now)
      return
    }
    let named = rumours.runsElsewhere(id, now: now)
    let until = isMarked ? max(began + limits.quiet, named ?? now) : named
    let isHeld = until.map { $0 > now } ?? false
    let serial = insert(command, at: place, isHeld ? .held : .queued, now)
    if isHeld, let until {
      count { $0.held += 1 }
      wheel.set(serial, at: until)
    } else {
      if isMarked { unmark(place) }
      begin(serial, now)
    }
  }

  private mutating func insert(_ command: Command, at place: Place, _ phase: Call.Phase, _ now: Moment) -> Int {
    lastSerial += 1
    let serial = lastSerial
    calls[serial] = Call(
      serial: serial, command: command, execution: random.token(), place: place, tries: Tries(routes(command)),
      phase: phase, now: now)
    serials[command.call.text] = serial
    ofDeliberation[command.call.deliberation, default: []].insert(serial)
    return serial
  }

  mutating func remove(_ serial: Int, _ now: Moment) {
    guard let call = calls.removeValue(forKey: serial) else { return }
    serials[call.command.call.text] = nil
    let deliberation = call.command.call.deliberation
    ofDeliberation[deliberation]?.remove(serial)
    if ofDeliberation[deliberation]?.isEmpty == true { ofDeliberation[deliberation] = nil }
    wheel.remove(serial)
    orphanSerials.remove(serial)
    forgetSharing(call)
    if call.phase == .writing { writing -= 1 }
    count { if call.phase == .held { $0.held -= 1 } else { $0.inFlight -= 1 } }
  }

  private mutating func begin(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    count {
      $0.inFlight += 1
      $0.started += 1
    }
    calls[serial]?.phase = .queued
    if cancellations.contains(call.command.call) {
      conclude(serial, .failed(.cancelled("cancelled before it began")), ProviderAnswer(), now)
    } else if call.command.deadline <= now {
      let failure = ProviderFailure(.expired, message: "its time was over before it began", remedy: .none)
      conclude(serial, .failed(failure), ProviderAnswer(), now)
    } else if !share(serial, now) {
      ask(serial, now)
    }
  }

  /// Goes to the first provider that may be asked.
  mutating func ask(_ serial: Int, _ now: Moment) {
    guard var tries = calls[serial]?.tries, let deadline = calls[serial]?.command.deadline else { return }
    let step = tries.first(now: now, deadline: deadline)
    calls[serial]?.tries = tries
    follow(step, serial, now)
  }

  /// A held call that nobody names any more is this caller's.
  private mutating func claim(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    if let until = rumours.runsElsewhere(call.command.call.text, now: now) {
      wheel.set(serial, at: until)
      return
    }
    for place in call.places { unmark(place) }
    dirty(now)
    count { $0.held -= 1 }
    begin(serial, now)
  }

  mutating func follow(_ step: Tries.Step, _ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    switch step {
    case .end(let failure): conclude(serial, .failed(failure), ProviderAnswer(), now)
    case .wait(let route, let until):
      calls[serial]?.route = route
      calls[serial]?.phase = .waiting
      wheel.set(serial, at: min(until, call.command.deadline))
    case .go(let route):
      if let limit = call.command.maxCost, call.spent > 0, call.spent >= limit {
        conclude(serial, .failed(.overBudget("its earlier tries have used up its budget")), ProviderAnswer(), now)
        return
      }
      let route = wayIn(call.tries, route)
      calls[serial]?.route = route
      calls[serial]?.phase = .queued
      wheel.set(serial, at: call.command.deadline)
      let provider = call.tries.routes[route].provider
      if gates[provider, default: Gate(limit: limits.inFlight)].enter(serial, tokens: call.promptTokens, now: now) {
        start(serial, now)
      } else {
        admit(provider, now)
        noteDoors(now)
        if calls[serial]?.phase == .queued, gates[provider]?.isShut == true {
          let since = call.shutSince ?? now
          calls[serial]?.shutSince = since
          wheel.set(serial, at: min(call.command.deadline, max(since + limits.patience, now + 1)))
        }
      }
    }
  }

  private mutating func start(_ serial: Int, _ now: Moment) {
    guard var call = calls[serial] else { return }
    let isProbe = gates[call.tries.routes[call.route].provider]?.isShut ?? false
    // what it waited for is over
    if !isProbe { call.shutSince = nil }
    call.phase = .trying
    call.number += 1
    call.tryNumber = call.number
    call.wasHeard = false
    call.hasSpoken = false
    call.tryStarted = now
    calls[serial] = call
    // it may have stood before a door until another time
    let slow = slowAt(call.tries.routes[call.route], now) ?? call.command.deadline
    wheel.set(serial, at: min(call.command.deadline, slow))
    count { $0.tries += 1 }
    actions.append(
      .start(
        Attempt(
          serial: serial, number: call.number, command: call.command, route: call.tries.routes[call.route],
          execution: call.execution, budget: call.command.maxCost.map { max(0, $0 - call.spent) }, isProbe: isProbe,
          work: call.work)))
  }

  /// Where a provider is down, one that has not been asked yet and is not.
  private func wayIn(_ tries: Tries, _ wanted: Int) -> Int {
    guard gates[tries.routes[wanted].provider]?.isShut == true else { return wanted }
    return tries.untried.first { gates[tries.routes[$0].provider]?.isShut != true } ?? wanted
  }

  /// Lets in who stands before a provider's door, as far as it has room.
  mutating func admit(_ provider: String, _ now: Moment) {
    while true {
      // taken out, so that neither it nor the calls are copied while the one is changed and the others are read
      guard var gate = gates.removeValue(forKey: provider) else { return }
      let next = gate.next(now: now) { serial in
        // one may have ended while it stood in the row, or stand in another by now
        guard let call = calls[serial], call.phase == .queued, call.tries.routes[call.route].provider == provider
        else { return nil }
        return call.promptTokens
      }
      gates[provider] = gate
      guard let next else { return }
      start(next, now)
    }
  }

  /// It stood before a provider's door for long: at its deadline it fails, and sooner where the provider is down.
  private mutating func waitedLong(_ serial: Int, _ call: Call, _ now: Moment) {
    if call.command.deadline <= now {
      conclude(serial, .failed(.timeout("its provider had no room for it in time")), ProviderAnswer(), now)
    } else if let gate = gates[call.tries.routes[call.route].provider], gate.isShut {
      guard !gate.isProbing else {
        // what comes of the probe decides, and an answer takes its time
        wheel.set(serial, at: min(call.command.deadline, now + limits.probePatience))
        return
      }
      let failure =
        call.tries.last
        ?? ProviderFailure(.upstreamError, message: "its provider is down; it was not asked", remedy: .none)
      conclude(serial, .failed(failure), ProviderAnswer(), now)
    } else {
      wheel.set(serial, at: call.command.deadline)
    }
  }

  mutating func timeCame(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    if call.command.deadline <= now,
      call.phase == .sharing || call.phase == .looking || riders[serial]?.isEmpty == false
    {
      conclude(part(serial), .failed(.timeout("its time was over before the answer came")), ProviderAnswer(), now)
      return
    }
    switch call.phase {
    case .held: claim(serial, now)
    case .looking, .sharing: wheel.set(serial, at: call.command.deadline)
    case .waiting:
      if call.command.deadline <= now {
        conclude(serial, .failed(.timeout("its time was over before its next try")), ProviderAnswer(), now)
      } else {
        follow(.go(call.route), serial, now)
      }
    case .queued: waitedLong(serial, call, now)
    case .trying:
      if call.command.deadline <= now {
        stop(serial, .timeout("the provider did not finish in time"), now)
      } else {
        hedge(serial, now)
        wheel.set(serial, at: call.command.deadline)
      }
    case .tooling: endTools(serial, .timeout("its tools did not finish in time"), now)
    case .settling: break
    case .writing: write(serial)
    }
  }

  /// Ends the try under way; `ended` follows, with what was received.
  private mutating func stop(_ serial: Int, _ why: ProviderFailure, _ now: Moment) {
    guard let call = calls[serial], call.phase == .trying, call.stopping == nil else { return }
    stopSecond(serial, now)
    calls[serial]?.stopping = why
    actions.append(.stop(serial: serial, number: call.tryNumber))
  }

  /// A probe's answer has begun: its provider is back.
  package mutating func answered(serial: Int, number: Int, now: Moment) {
    guard let call = calls[serial], call.phase == .trying, call.tryNumber == number else { return }
    let provider = call.tries.routes[call.route].provider
    gates[provider]?.answered(call.tryStarted, now: now)
    admit(provider, now)
    noteDoors(now)
    flow(now)
  }

  /// The headers of an answer came, with what its provider says of its limits.
  package mutating func told(serial: Int, number: Int, _ limits: RateLimits, now: Moment) {
    guard let call = calls[serial], call.phase == .trying else { return }
    var provider = call.tries.routes[call.route].provider
    if number == call.tryNumber, !call.wasHeard {
      calls[serial]?.wasHeard = true
    } else if let second = call.second, number == second.number, !second.wasHeard {
      calls[serial]?.second?.wasHeard = true
      provider = call.tries.routes[second.route].provider
    } else {
      return
    }
    gates[provider]?.told(limits, now: now)
    noteDoors(now)
  }

  /// A try is over: `failure` is nil where the provider finished; `answer` is what was received.
  package mutating func ended(
    serial: Int, number: Int, _ answer: ProviderAnswer, _ failure: ProviderFailure?, firstToken: Moment? = nil,
    now: Moment
  ) {
    if endedBesides(serial, number, answer, failure, now) { return }
    guard var call = calls[serial], call.phase == .trying, call.tryNumber == number else { return }
    if failure == nil, !call.hasSpoken, call.stopping == nil { noteTime(call, firstToken ?? now) }
    if call.firstToken == nil { call.firstToken = firstToken }
    let route = call.tries.routes[call.route]
    if let usage = answer.usage {
      call.usage = call.usage + usage
      call.spent += route.price.cost(usage)
    }
    let took = now - call.tryStarted
    let excess = answer.usage.map { Double($0.total) - call.promptTokens } ?? 0
    var step: Tries.Step?
    let ending = call.stopping ?? (call.hasStreamed ? failure : nil)
    if let failure = failure, ending == nil {
      step = call.tries.failed(
        call.route, failure, milliseconds: took, now: now, deadline: call.command.deadline,
        random: { $0 <= 0 ? 0 : Int64.random(in: 0...$0, using: &random) })
    } else if let ending {
      call.tries.stopped(call.route, ending, milliseconds: took)
    } else {
      if answer.isRepaired { count { $0.repaired += 1 } }
      call.tries.succeeded(call.route, milliseconds: took, isRepaired: answer.isRepaired)
    }
    call.phase = .queued
    calls[serial] = call
    if call.endedElsewhere {
      drop(serial, now)
    } else if let ending {
      conclude(serial, .failed(ending), answer, now)
    } else if case .end(let last)? = step {
      conclude(serial, .failed(last), answer, now)
    } else if let step {
      follow(step, serial, now)
    } else if let wanted = toolCalls(call, answer) {
      useTools(serial, wanted, answer, cost: answer.usage.map { route.price.cost($0) } ?? 0, now)
    } else {
      conclude(serial, .completed, answer, now)
    }
    let wasSilent =
      call.stopping?.reason == .timeout && took >= limits.silence && firstToken == nil && failure?.status == nil
    gates[route.provider]?.leave(
      wasSilent ? call.stopping : failure, began: call.tryStarted, wasStopped: call.stopping != nil && !wasSilent,
      latency: firstToken.map { $0 - call.tryStarted }, of: route.model, wasHeard: call.wasHeard, excess: excess,
      now: now)
    admit(route.provider, now)
    noteDoors(now)
    flow(now)
  }

  /// Its outcome stands in the log already, written by another caller.
  mutating func drop(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial] else { return }
    count { $0.endedElsewhere += 1 }
    for place in call.places { finish(place, now) }
    remove(serial, now)
  }

  mutating func cancel(_ serial: Int, _ now: Moment) {
    let serial = part(serial)
    guard let call = calls[serial] else { return }
    switch call.phase {
    case .queued, .waiting, .looking, .sharing:
      conclude(serial, .failed(.cancelled("cancelled")), ProviderAnswer(), now)
    case .trying: stop(serial, .cancelled("cancelled"), now)
    case .tooling: endTools(serial, .cancelled("cancelled"), now)
    // whoever runs it hears of it too, and if nobody does it is answered when it is claimed
    case .held, .settling, .writing: break
    }
  }

  /// Another caller's outcome of this call is acknowledged.
  mutating func endedElsewhere(_ serial: Int, _ now: Moment) {
    let serial = part(serial)
    guard let call = calls[serial] else { return }
    switch call.phase {
    case .held, .queued, .waiting, .looking, .sharing: drop(serial, now)
    case .tooling:
      actions.append(.stopTools(serial: serial))
      drop(serial, now)
    case .trying:
      calls[serial]?.endedElsewhere = true
      stop(serial, .cancelled("another caller has its outcome"), now)
    case .settling, .writing: break
    }
  }
}

extension ProviderFailure {
  package static func cancelled(_ message: String) -> ProviderFailure {
    .init(.cancelled, message: message, remedy: .none)
  }
  package static func timeout(_ message: String) -> ProviderFailure { .init(.timeout, message: message, remedy: .none) }
  package static func overBudget(_ message: String) -> ProviderFailure {
    .init(.overBudget, message: message, remedy: .none)
  }
}
