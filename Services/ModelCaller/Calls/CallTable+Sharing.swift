package import Deliberation
internal import Models

/// Calls that ask the same and may share an answer: the first is asked, in the cache and then of a provider, the others
/// wait for its answer. What is under way for several is stopped only when none of them wants it any more.
extension CallTable {
  /// Where a call may be answered by another one's answer: true, and it is on its way.
  mutating func share(_ serial: Int, _ now: Moment) -> Bool {
    guard let call = calls[serial], let key = call.command.cache?.key else { return false }
    if let leader = flights[key], let leading = calls[leader], leader != serial, leading.phase.isUnderWay {
      calls[serial]?.phase = .sharing
      calls[serial]?.leader = leader
      riders[leader, default: []].append(serial)
      wheel.set(serial, at: call.command.deadline)
      count { $0.shared += 1 }
      return true
    }
    flights[key] = serial
    guard limits.remembersAnswers else { return false }
    calls[serial]?.phase = .looking
    wheel.set(serial, at: call.command.deadline)
    actions.append(.find(serial: serial, key: key, seconds: call.command.cache?.seconds ?? 0))
    return true
  }

  /// What the cache has for a call: the value of an earlier `call.completed`, or nothing.
  package mutating func found(serial: Int, _ value: [UInt8]?, now: Moment) {
    guard let call = calls[serial], call.phase == .looking else { return }
    if let value, let event = OutcomeEvent(cached: value, for: call, answerBytes: share(of: call.command), now: now) {
      count { $0.cacheHits += 1 }
      settle(serial, event, now)
      land(serial, event, lastsLonger: false, now)
    } else {
      count { $0.cacheMisses += 1 }
      ask(serial, now)
    }
    flow(now)
  }

  /// A call has its outcome, which is that of all who wait for it.
  mutating func land(_ serial: Int, _ event: OutcomeEvent, lastsLonger: Bool = true, _ now: Moment) {
    guard let call = calls[serial], let cache = call.command.cache, flights[cache.key] == serial else { return }
    flights[cache.key] = nil
    let waiting = riders.removeValue(forKey: serial) ?? []
    for rider in waiting { calls[rider]?.leader = nil }
    if event.isCompleted, lastsLonger, limits.remembersAnswers {
      actions.append(.keep(key: cache.key, seconds: cache.seconds, value: event.value))
    }
    for rider in waiting {
      guard let riding = calls[rider], riding.phase == .sharing else { continue }
      let shared = OutcomeEvent(cached: event.value, for: riding, answerBytes: share(of: riding.command), now: now)
      if event.isCompleted, let shared {
        settle(rider, shared, now)
      } else if event.reason == .overBudget || call.hasStreamed || hasMoreTime(riding, than: call) {
        // that was the budget, the client or the time of one alone
        if call.tries.isOutOfTime { calls[rider]?.tries.learn(from: call.tries) }
        calls[rider]?.phase = .queued
        if !share(rider, now) { ask(rider, now) }
      } else {
        let failure = ProviderFailure(
          event.reason ?? .upstreamError, status: call.tries.last?.status,
          message: call.tries.last?.message ?? "the call that it shared failed", remedy: .none)
        conclude(rider, .failed(failure), ProviderAnswer(), now)
      }
    }
  }

  private func hasMoreTime(_ call: Call, than other: Call) -> Bool {
    other.tries.isOutOfTime && call.command.deadline > other.command.deadline
  }

  /// A call leaves what it shares. Where others still want it, it goes on in the name of the next of them; answers where
  /// the one that leaves stands by itself from now on.
  mutating func part(_ serial: Int) -> Int {
    if let leader = calls[serial]?.leader {
      riders[leader]?.removeAll { $0 == serial }
      calls[serial]?.leader = nil
      return serial
    }
    guard let heir = riders[serial]?.first, calls[serial]?.phase.isUnderWay == true else { return serial }
    riders[serial]?.removeFirst()
    changeHands(serial, heir)
    return heir
  }

  /// What is under way stays where it is and is from now on done for the heir; whoever leaves takes the heir's place.
  private mutating func changeHands(_ serial: Int, _ heir: Int) {
    guard var going = calls[serial], var leaving = calls[heir] else { return }
    let (mine, other) = (going.asker, leaving.asker)
    going.asker = other
    leaving.asker = mine
    // its beginning is not known to whoever watches the heir
    going.isMuted = true
    going.hasStreamed = false
    leaving.leader = nil
    calls[serial] = going
    calls[heir] = leaving
    for (number, command) in [(serial, going.command), (heir, leaving.command)] {
      serials[command.call.text] = number
    }
    let (first, second) = (going.command.call.deliberation, leaving.command.call.deliberation)
    if first != second {
      ofDeliberation[first]?.remove(heir)
      ofDeliberation[first, default: []].insert(serial)
      ofDeliberation[second]?.remove(serial)
      ofDeliberation[second, default: []].insert(heir)
    }
    for number in [serial, heir] {
      if calls[number]?.isOrphan == true { orphanSerials.insert(number) } else { orphanSerials.remove(number) }
    }
    if going.phase != .waiting { wheel.set(serial, at: going.command.deadline) }
    wheel.set(heir, at: leaving.command.deadline)
  }

  /// Nothing is kept of a call that is gone.
  mutating func forgetSharing(_ call: Call) {
    if let leader = call.leader { riders[leader]?.removeAll { $0 == call.serial } }
    if let key = call.command.cache?.key, flights[key] == call.serial { flights[key] = nil }
  }
}
