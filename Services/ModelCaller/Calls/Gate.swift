package import Deliberation
package import Models

/// The door to one provider: how many requests at once, how many a minute, and whether it is worth asking at all. Calls
/// that may not go in stand in a row.
///
/// The bound on requests at once adapts: it opens step by step, is cut when the provider says that it is too much, and
/// grows again with its answers while they come as fast as usual. A place that was refused so stays taken for a while: who
/// is refused at once would leave it to the next at once. An outage shuts the door; after a while one request goes in as a
/// probe, and its answer opens the door or keeps it shut.
package struct Gate: Sendable {
  private enum Circuit: Sendable, Equatable {
    case closed
    case open(until: Moment)
    /// A request that began then asks whether the provider is back.
    case probing(since: Moment)
  }

  private let limit: Int
  /// What of the limit is used at the moment, whole and fraction of the next one.
  private var bound: Double
  private var ramp: Ramp?
  private var pulse = Pulse()
  private(set) package var inUse = 0
  /// Until when places stay taken whose requests were refused.
  private var resting = Queue<Moment>()
  /// Requests of which the provider's counts may know nothing yet.
  private var unheard = 0
  private var row = Queue<Int>()
  private var requests: TokenBucket?
  private var tokens: TokenBucket?
  private var toldRequests: Allowance?
  private var toldTokens: Allowance?
  private var share = 1.0
  private var circuit = Circuit.closed
  /// What ends speaks of the moment in which it began: when the latest request that failed did, and the one whose answer
  /// opened the door last.
  private var lastFailed = Moment(milliseconds: .min)
  private var openSince = Moment(milliseconds: .min)
  private var evidence = Evidence()
  private var lastCut = Moment(milliseconds: .min)
  private var recovery: Recovery?
  private var openings = 0
  private var hasBegun = false
  private(set) package var figures = GateFigures()

  /// So many failures among the latest requests shut the door.
  package static let failuresToOpen = Evidence.enough
  /// How long the door stays shut the first time; each time that the probe fails it is longer, up to the longest, so that
  /// a provider that comes back is found within 30 s.
  package static let firstRest: Int64 = 1_000
  package static let longestRest: Int64 = 15_000
  /// After a cut, further complaints are about what was sent before it.
  package static let cutEvery: Int64 = 1_000
  /// How long a place stays taken whose request was too much, so that a storm of refusals makes few.
  package static let refusedRest: Int64 = 1_000

  package init(limit: Int, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
    self.limit = limit
    bound = Double(limit)
    requests = requestsPerMinute.map { TokenBucket(perMinute: Double($0)) }
    tokens = tokensPerMinute.map { TokenBucket(perMinute: Double($0)) }
  }

  /// The share of the rates that is this process's: that of the partitions it owns.
  package mutating func share(_ share: Double, now: Moment) {
    self.share = max(0, min(1, share))
    requests?.share(share, now: now)
    tokens?.share(share, now: now)
  }

  /// False: the call stands in the row, and `next` brings it forth.
  package mutating func enter(_ serial: Int, tokens cost: Double = 0, now: Moment) -> Bool {
    guard row.isEmpty, admits(now), take(cost, now) else {
      row.append(serial)
      return false
    }
    began(now)
    return true
  }

  /// For a second request of a call that has one under way: it goes in where there is room, and never waits.
  package mutating func enterAtOnce(tokens cost: Double, now: Moment) -> Bool {
    guard row.isEmpty, circuit == .closed, hasRoom(now), take(cost, now) else { return false }
    began(now)
    return true
  }

  /// The next in the row, while it may go in. The caller says what it costs, or nil where it is gone.
  package mutating func next(now: Moment, cost: (Int) -> Double?) -> Int? {
    while let first = row.first {
      guard let tokens = cost(first) else {
        _ = row.popFirst()
        continue
      }
      guard admits(now), take(tokens, now) else { return nil }
      _ = row.popFirst()
      began(now)
      return first
    }
    return nil
  }

  private mutating func began(_ now: Moment) {
    inUse += 1
    unheard += 1
    evidence.began(now)
    if isProbing { figures.probes += 1 }
  }

  /// When `next` may bring somebody forth though nobody has left; nil: nobody waits, or somebody must leave first.
  package func wake(now: Moment) -> Moment? {
    guard !row.isEmpty else { return nil }
    switch circuit {
    case .open(let until): return until
    case .probing(let since): return since + Self.longestRest
    case .closed: break
    }
    guard taken < Int(bound) else {
      return [resting.first, recovery == nil ? nil : now + Self.growEvery].compactMap(\.self).min()
    }
    if let ramp, taken >= Int(ramp.width(now)) {
      return [resting.first, ramp.next(now)].compactMap(\.self).min()
    }
    return [
      requests?.ready(1, now: now), tokens?.ready(1, now: now), toldRequests?.ready(1, now: now),
      toldTokens?.ready(1, now: now),
    ].compactMap(\.self).max() ?? now
  }

  /// The provider is taken to be down.
  package var isShut: Bool { circuit != .closed }
  /// A request asks whether it is back, and nothing has been heard of that one yet.
  package var isProbing: Bool { if case .probing = circuit { true } else { false } }
  package var waiting: Int { row.count }
  package var width: Int { Int(bound) }

  private mutating func admits(_ now: Moment) -> Bool {
    switch circuit {
    case .closed: return hasRoom(now)
    case .open(let until):
      guard until <= now else { return false }
    case .probing(let since):
      // a probe of which nothing is heard keeps no other from going in
      guard now - since >= Self.longestRest else { return false }
    }
    circuit = .probing(since: now)
    return true
  }

  private var taken: Int { inUse + resting.count }

  private mutating func hasRoom(_ now: Moment) -> Bool {
    grow(now)
    while let until = resting.first, until <= now { _ = resting.popFirst() }
    guard taken < Int(bound) else { return false }
    if !hasBegun {
      hasBegun = true
      ramp = Ramp(Ramp.first, now: now)
    }
    guard let ramp else { return true }
    let width = ramp.width(now)
    if width >= bound { self.ramp = nil }
    return taken < Int(width)
  }

  private mutating func take(_ cost: Double, _ now: Moment) -> Bool {
    guard requests?.holds(1, now: now) ?? true, tokens?.holds(cost, now: now) ?? true, isAllowed(cost, now) else {
      // a probe that the rates do not let in is no probe
      if isProbing { circuit = .open(until: now) }
      return false
    }
    requests?.take(1, now: now)
    tokens?.take(cost, now: now)
    toldRequests?.take(1)
    toldTokens?.take(cost)
    return true
  }

  /// As far as the provider has said itself. A question that is larger than all that is left goes when nothing else is
  /// under way, so that the provider decides.
  private mutating func isAllowed(_ cost: Double, _ now: Moment) -> Bool {
    if toldRequests?.isOver(now) == true { toldRequests = nil }
    if toldTokens?.isOver(now) == true { toldTokens = nil }
    guard toldRequests?.holds(1, now: now) ?? true else { return false }
    return toldTokens?.holds(cost, now: now) ?? true
  }

  /// The provider's headers said how much it would still take. Other processes use of it too: this one takes its share.
  package mutating func told(_ limits: RateLimits, now: Moment) {
    unheard = max(0, unheard - 1)
    if let room = limits.requests {
      toldRequests = Allowance(
        room.remaining, limit: room.limit, whole: room.whole, unheard: Double(unheard), share: share, now: now)
    }
    if let room = limits.tokens {
      toldTokens = Allowance(
        room.remaining, limit: room.limit, whole: room.whole, unheard: 0, share: share, now: now)
    }
  }

  /// What the provider has said that it would still take, in requests, for metrics.
  package var allowance: Double? { toldRequests?.remaining }

  /// The head of an answer came that is no error of the provider's own: it is there, however long the rest takes.
  package mutating func answered(_ began: Moment, now: Moment) {
    if isShut, began >= lastFailed { open(began, now) }
  }

  /// A request that began then is over. `failure` is nil where the provider answered; one that was stopped from here says
  /// nothing. `latency` is how long the first piece of the answer took; `wasHeard`: `told` has been called for it;
  /// `excess`: what it used of tokens beyond those that it went in with.
  package mutating func leave(
    _ failure: ProviderFailure?, began: Moment, wasStopped: Bool, latency: Int64? = nil, of model: String = "",
    wasHeard: Bool = false, excess: Double = 0, now: Moment
  ) {
    inUse -= 1
    if !wasHeard { unheard = max(0, unheard - 1) }
    if excess != 0 { tokens?.take(excess, now: now) }
    let sign = wasStopped ? ProviderFailure.Sign.none : failure?.sign ?? .there
    if failure == nil, !wasStopped, let latency { pulse.beat(latency, of: model) }
    switch sign {
    case .none:
      if circuit == .probing(since: began) { circuit = .open(until: now) }
      return
    case .there: succeeded(began, now)
    case .down: failed(began, now)
    }
    adapt(failure, now)
  }

  private mutating func succeeded(_ began: Moment, _ now: Moment) {
    if isShut {
      // requests that began before others that failed were answered by what is down since
      guard began >= lastFailed else { return }
      open(began, now)
    } else {
      ramp?.answered(now)
      evidence.answered(began)
    }
    if began >= openSince { openings = 0 }
  }

  private mutating func failed(_ began: Moment, _ now: Moment) {
    // what began before an answer that opened the door is of an outage that is over
    guard began >= openSince else { return }
    if circuit == .closed {
      lastFailed = max(lastFailed, began)
      ramp?.failed(now)
      if evidence.failed(began, now) { shut(now) }
    } else if circuit == .probing(since: began) {
      lastFailed = max(lastFailed, began)
      shut(now)
    }
  }

  private mutating func shut(_ now: Moment) {
    let rest = min(Self.longestRest, Self.firstRest << Int64(min(openings, 10)))
    if openings == 0 { figures.openings += 1 }
    openings += 1
    evidence = Evidence()
    circuit = .open(until: now + rest)
  }

  /// Until an answer is whole the outage counts as the same: a provider that begins answers and ends none is soon left
  /// alone for longer.
  private mutating func open(_ began: Moment, _ now: Moment) {
    openSince = began
    evidence = Evidence()
    circuit = .closed
    ramp = Ramp(Ramp.again, now: now)
  }

  /// How often a door looks whether it has grown, in milliseconds.
  private static let growEvery: Int64 = 100

  private mutating func grow(_ now: Moment) {
    guard let grown = recovery?.bound(now, holds: pulse.holds) else { return }
    bound = min(Double(limit), max(bound, grown))
    if bound >= Double(limit) { recovery = nil }
  }

  private mutating func cut(_ now: Moment) {
    lastCut = now
    figures.cuts += 1
    // what is in use, not what would have been allowed, is what was too much
    let tooMany = min(bound, Double(inUse + 1))
    bound = max(1, tooMany * 0.7)
    recovery = Recovery(peak: tooMany, low: bound, now: now)
  }

  private mutating func adapt(_ failure: ProviderFailure?, _ now: Moment) {
    let isTooMuch = failure.map { $0.reason == .rateLimited || $0.reason == .timeout } ?? false
    if isTooMuch {
      if now - lastCut >= Self.cutEvery || lastCut.milliseconds == .min { cut(now) }
      guard failure?.reason == .rateLimited else { return }
      resting.append(now + Self.refusedRest)
      recovery?.rest(until: now + Self.refusedRest)
    } else if failure == nil, bound < Double(limit), pulse.holds {
      bound = min(Double(limit), bound + 1 / max(1, bound / 4))
    }
  }
}
