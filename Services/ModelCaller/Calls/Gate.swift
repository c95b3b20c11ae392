package import Deliberation
package import Models

/// The door to one provider: how many requests at once, how many a minute, and whether it is worth asking at all. Calls
/// that may not go in stand in a row.
///
/// The bound on requests at once adapts: it is cut when the provider says that it is too much, and grows again with its
/// answers. An outage shuts the door; after a while one request goes in as a probe, and its answer opens the
/// door or keeps it shut.
package struct Gate: Sendable {
  private enum Circuit: Sendable, Equatable {
    case closed
    case open(until: Moment)
    case probing
  }

  private let limit: Int
  /// What of the limit is used at the moment, whole and fraction of the next one.
  private var bound: Double
  private(set) package var inUse = 0
  private var row = Queue<Int>()
  private var requests: TokenBucket?
  private var tokens: TokenBucket?
  private var circuit = Circuit.closed
  /// The latest results, the newest last: true is a failure that counts.
  private var results: [Bool] = []
  private var lastCut = Moment(milliseconds: .min)
  private var openings = 0

  /// So many of the last results decide whether a provider is down, and so many of them must have failed.
  package static let window = 20
  package static let failuresToOpen = 18
  /// How long the door stays shut the first time; each time that the probe fails it is longer, up to the longest, so that
  /// a provider that comes back is found within 30 s.
  package static let firstRest: Int64 = 1_000
  package static let longestRest: Int64 = 15_000
  /// After a cut, further complaints are about what was sent before it.
  package static let cutEvery: Int64 = 1_000

  package init(limit: Int, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
    self.limit = limit
    bound = Double(limit)
    requests = requestsPerMinute.map { TokenBucket(perMinute: Double($0)) }
    tokens = tokensPerMinute.map { TokenBucket(perMinute: Double($0)) }
  }

  /// The share of the rates that is this process's: that of the partitions it owns.
  package mutating func share(_ share: Double, now: Moment) {
    requests?.share(share, now: now)
    tokens?.share(share, now: now)
  }

  /// False: the call stands in the row, and `next` brings it forth.
  package mutating func enter(_ serial: Int, tokens cost: Double = 0, now: Moment) -> Bool {
    guard row.isEmpty, admits(now), take(cost, now) else {
      row.append(serial)
      return false
    }
    inUse += 1
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
      inUse += 1
      return first
    }
    return nil
  }

  /// When `next` may bring somebody forth though nobody has left; nil: nobody waits, or somebody must leave first.
  package func wake(now: Moment) -> Moment? {
    guard !row.isEmpty else { return nil }
    if case .open(let until) = circuit { return until }
    guard inUse < Int(bound), circuit == .closed else { return nil }
    return max(requests?.ready(1, now: now) ?? now, tokens?.ready(1, now: now) ?? now)
  }

  /// The provider is taken to be down.
  package var isShut: Bool { circuit != .closed }
  package var waiting: Int { row.count }
  package var width: Int { Int(bound) }

  private mutating func admits(_ now: Moment) -> Bool {
    switch circuit {
    case .closed: return inUse < Int(bound)
    case .open(let until):
      guard until <= now else { return false }
      circuit = .probing
      return true
    case .probing: return false
    }
  }

  private mutating func take(_ cost: Double, _ now: Moment) -> Bool {
    guard requests?.holds(1, now: now) ?? true, tokens?.holds(cost, now: now) ?? true else {
      // a probe that the rates do not let in is no probe
      if circuit == .probing { circuit = .open(until: now) }
      return false
    }
    requests?.take(1, now: now)
    tokens?.take(cost, now: now)
    return true
  }

  /// A request is over. `failure` is nil where the provider answered; one that was stopped from here says nothing.
  package mutating func leave(_ failure: ProviderFailure?, wasStopped: Bool, now: Moment) {
    inUse -= 1
    if wasStopped {
      if circuit == .probing { circuit = .open(until: now) }
      return
    }
    // what the provider answered with a 4xx of its own shows that it is there
    let counts = failure.map { $0.status.map { $0 >= 500 } ?? ($0.reason == .timeout || $0.remedy == .later) } ?? false
    judge(counts, now)
    adapt(failure, now)
  }

  private mutating func judge(_ failed: Bool, _ now: Moment) {
    switch circuit {
    case .probing:
      if failed { shut(now) } else { open() }
    case .open: break
    case .closed:
      results.append(failed)
      if results.count > Self.window { results.removeFirst() }
      if results.count(where: \.self) >= Self.failuresToOpen { shut(now) }
    }
  }

  private mutating func shut(_ now: Moment) {
    let rest = min(Self.longestRest, Self.firstRest << Int64(min(openings, 10)))
    openings += 1
    results = []
    circuit = .open(until: now + rest)
  }

  private mutating func open() {
    openings = 0
    results = []
    circuit = .closed
  }

  private mutating func adapt(_ failure: ProviderFailure?, _ now: Moment) {
    let isTooMuch = failure.map { $0.reason == .rateLimited || $0.reason == .timeout } ?? false
    if isTooMuch {
      guard now - lastCut >= Self.cutEvery || lastCut.milliseconds == .min else { return }
      lastCut = now
      // what is in use, not what would have been allowed, is what was too much
      bound = max(1, min(bound, Double(inUse + 1)) * 0.7)
    } else if failure == nil, bound < Double(limit) {
      bound = min(Double(limit), bound + 1 / max(1, bound / 4))
    }
  }
}
