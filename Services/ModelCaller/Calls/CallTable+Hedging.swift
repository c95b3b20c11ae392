package import Deliberation
internal import Models

/// A second request where a model is slower to begin than it usually is, for models of which the configuration wants it.
/// The first of the two that begins to answer goes on; the other one's connection is closed.
extension CallTable {
  /// When the try that starts now is slow; nil: it never is.
  mutating func slowAt(_ route: Route, _ now: Moment) -> Moment? {
    guard let percentile = route.hedge else { return nil }
    guard paces.count < limits.paces || paces[route.model] != nil else { return nil }
    paces[route.model, default: Pace()].began(percentile)
    return paces[route.model]?.limit(percentile).map { now + max(1, $0) }
  }

  /// The try under way has not begun to answer in its time: another one is made beside it, of the next provider of the
  /// same model or of the same once more, where that has room at once.
  mutating func hedge(_ serial: Int, _ now: Moment) {
    guard var call = calls[serial], call.second == nil, !call.hasSpoken, call.stopping == nil else { return }
    let routes = call.tries.routes
    let first = routes[call.route]
    let others = call.tries.untried.filter { routes[$0].model == first.model && $0 != call.route }
    guard paces[first.model]?.hasSecond == true else { return }
    guard
      let route = (others + [call.route]).first(where: { way in
        gates[routes[way].provider, default: Gate(limit: limits.inFlight)]
          .enterAtOnce(tokens: call.promptTokens, now: now)
      })
    else { return }
    paces[first.model]?.takeSecond()
    call.number += 1
    call.second = Second(number: call.number, route: route, started: now)
    calls[serial] = call
    count {
      $0.tries += 1
      $0.hedges += 1
    }
    actions.append(
      .start(
        Attempt(
          serial: serial, number: call.number, command: call.command, route: routes[route], execution: call.execution,
          budget: call.command.maxCost.map { max(0, $0 - call.spent) }, work: call.work)))
  }

  /// A try begins to answer: where two are under way it is the one that goes on.
  package mutating func spoke(serial: Int, number: Int, now: Moment) {
    guard let call = calls[serial], call.phase == .trying, !call.hasSpoken else { return }
    if number == call.second?.number {
      changePlaces(serial)
      count { $0.hedgesWon += 1 }
    } else if number == call.tryNumber {
      noteTime(call, now)
    } else {
      return
    }
    calls[serial]?.hasSpoken = true
    stopSecond(serial, now)
    wheel.set(serial, at: call.command.deadline)
    flow(now)
  }

  /// The second becomes the call's try, and what was its try the second.
  mutating func changePlaces(_ serial: Int) {
    guard var call = calls[serial], let second = call.second else { return }
    call.second = Second(
      number: call.tryNumber, route: call.route, started: call.tryStarted, wasHeard: call.wasHeard)
    call.tryNumber = second.number
    call.route = second.route
    call.tryStarted = second.started
    call.wasHeard = second.wasHeard
    calls[serial] = call
  }

  /// Closes the connection of the one that is not needed any more, and gives its place at its provider's door to others.
  mutating func stopSecond(_ serial: Int, _ now: Moment) {
    guard let call = calls[serial], let second = call.second else { return }
    let route = call.tries.routes[second.route]
    let took = now - second.started
    // the first of the two was at least that slow: without it the times would become shorter with every second
    if second.number < call.tryNumber, route.hedge != nil { paces[route.model]?.took(took) }
    calls[serial]?.tries.stopped(
      second.route, .cancelled("the other one of two requests was faster"), milliseconds: took)
    calls[serial]?.second = nil
    actions.append(.stop(serial: serial, number: second.number))
    leave(route.provider, second, nil, wasStopped: true, now)
  }

  /// One of two requests is over without having begun to answer; true: the other one goes on, and nothing else follows.
  mutating func endedBesides(
    _ serial: Int, _ number: Int, _ answer: ProviderAnswer, _ failure: ProviderFailure?, _ now: Moment
  ) -> Bool {
    guard let call = calls[serial], call.phase == .trying, let second = call.second else { return false }
    guard number == call.tryNumber || number == second.number else { return false }
    guard let failure, failure.remedy != .none, call.stopping == nil else {
      // it has answered, or no other request would be answered otherwise: it decides
      if number == second.number {
        changePlaces(serial)
        if failure == nil { count { $0.hedgesWon += 1 } }
      }
      stopSecond(serial, now)
      return false
    }
    if number == call.tryNumber { changePlaces(serial) }
    guard let lost = calls[serial]?.second else { return false }
    let route = call.tries.routes[lost.route]
    calls[serial]?.tries.besides(lost.route, failure, milliseconds: now - lost.started)
    calls[serial]?.second = nil
    if let usage = answer.usage {
      calls[serial]?.usage = call.usage + usage
      calls[serial]?.spent += route.price.cost(usage)
    }
    let excess = answer.usage.map { Double($0.total) - call.promptTokens } ?? 0
    leave(route.provider, lost, failure, wasStopped: false, excess: excess, now)
    flow(now)
    return true
  }

  /// A first request began to answer.
  mutating func noteTime(_ call: Call, _ now: Moment) {
    let route = call.tries.routes[call.route]
    guard route.hedge != nil else { return }
    paces[route.model]?.took(now - call.tryStarted)
  }

  private mutating func leave(
    _ provider: String, _ second: Second, _ failure: ProviderFailure?, wasStopped: Bool, excess: Double = 0,
    _ now: Moment
  ) {
    gates[provider]?.leave(
      failure, began: second.started, wasStopped: wasStopped, wasHeard: second.wasHeard, excess: excess, now: now)
    admit(provider, now)
    noteDoors(now)
  }
}
