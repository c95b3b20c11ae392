package import Deliberation
package import Models

/// The plan of one call: which provider is asked next, when, and when it is enough.
///
/// Another provider is asked at once; when each has been asked, the first that may be asked again is, after a pause.
package struct Tries: Sendable, Equatable {
  package enum Step: Sendable, Equatable {
    case go(Int)
    case wait(Int, until: Moment)
    case end(ProviderFailure)
  }

  private struct Way: Sendable, Equatable {
    var count = 0
    var isClosed = false
    var notBefore = Moment(milliseconds: .min)
  }

  package let routes: [Route]
  package private(set) var records: [TryRecord] = []
  private var ways: [Way]
  /// The failure that says most about why the call failed in the end.
  private(set) var last: ProviderFailure?
  /// It ended because its next try would come only after its deadline; whoever has more time may go on.
  private(set) var isOutOfTime = false

  /// Tries of one call in all, and of one route where it answered with errors of its own.
  package static let limit = 12
  package static let limitAfterErrors = 4
  package static let firstPause: Int64 = 500
  package static let longestPause: Int64 = 15_000

  package init(_ routes: [Route]) {
    self.routes = routes
    ways = Array(repeating: Way(), count: routes.count)
  }

  /// Those that have not been asked, in order.
  package var untried: [Int] { ways.indices.filter { !ways[$0].isClosed && ways[$0].count == 0 } }

  /// Where it begins.
  mutating func first(now: Moment, deadline: Moment) -> Step {
    next(now: now, deadline: deadline)
      ?? .end(
        last
          ?? ProviderFailure(
            .upstreamError, message: "no provider that may be used serves this model; set its key or allow it",
            remedy: .none))
  }

  /// What another call for the same has learned of the providers.
  mutating func learn(from other: Tries) {
    guard other.routes == routes else { return }
    ways = other.ways
    last = other.last
  }

  package mutating func succeeded(_ route: Int, milliseconds: Int64, isRepaired: Bool = false) {
    records.append(
      TryRecord(
        provider: routes[route].provider, status: 200, reason: nil, milliseconds: milliseconds, isRepaired: isRepaired))
  }

  /// A try was ended from here, or failed where nothing may follow.
  package mutating func stopped(_ route: Int, _ failure: ProviderFailure, milliseconds: Int64) {
    records.append(
      TryRecord(
        provider: routes[route].provider, status: failure.status, reason: failure.reason.rawValue,
        milliseconds: milliseconds))
  }

  /// A try failed beside which another one goes on.
  package mutating func besides(_ route: Int, _ failure: ProviderFailure, milliseconds: Int64) {
    stopped(route, failure, milliseconds: milliseconds)
    close(route, after: failure)
  }

  /// A way that will not lead to an answer is not gone again; where the provider itself stayed silent, none to it.
  private mutating func close(_ route: Int, after failure: ProviderFailure) {
    ways[route].count += 1
    if failure.remedy == .elsewhere { ways[route].isClosed = true }
    guard failure.stayedSilent else { return }
    for index in routes.indices where routes[index].provider == routes[route].provider { ways[index].isClosed = true }
  }

  /// What follows a failed try. `random` draws from 0 to the number given, both included.
  package mutating func failed(
    _ route: Int, _ failure: ProviderFailure, milliseconds: Int64, now: Moment, deadline: Moment,
    random: (Int64) -> Int64
  ) -> Step {
    records.append(
      TryRecord(
        provider: routes[route].provider, status: failure.status, reason: failure.reason.rawValue,
        milliseconds: milliseconds))
    last = failure
    close(route, after: failure)
    switch failure.remedy {
    case .none: return .end(failure)
    case .elsewhere: break
    case .later, .laterHere:
      let asked = failure.retryAfter.map { max(0, $0) }
      // an error of the provider's own, unlike a full or a silent door, is not waited out for long
      if let status = failure.status, status != 429, asked == nil, ways[route].count >= Self.limitAfterErrors {
        ways[route].isClosed = true
      }
      let pause = asked.map { $0 + random(Self.firstPause / 2) } ?? random(Self.pause(ways[route].count))
      ways[route].notBefore = now + pause
    }
    guard records.count(where: { $0.reason != nil }) < Self.limit else { return .end(failure) }
    if failure.remedy == .laterHere { return step(to: route, now: now, deadline: deadline) ?? .end(failure) }
    return next(now: now, deadline: deadline) ?? .end(failure)
  }

  /// Those behind it in the list first, so that each is asked once before any is asked again.
  private mutating func next(now: Moment, deadline: Moment) -> Step? {
    let order = routes.indices.filter { !ways[$0].isClosed }
    if let fresh = order.first(where: { ways[$0].count == 0 }) { return .go(fresh) }
    guard let soonest = order.min(by: { ways[$0].notBefore < ways[$1].notBefore }) else { return nil }
    return step(to: soonest, now: now, deadline: deadline)
  }

  /// nil where its time comes only after the call's has run out.
  private mutating func step(to route: Int, now: Moment, deadline: Moment) -> Step? {
    guard !ways[route].isClosed else { return nil }
    let time = ways[route].notBefore
    if time <= now { return .go(route) }
    if time < deadline { return .wait(route, until: time) }
    isOutOfTime = true
    return nil
  }

  /// Full jitter: the pause is drawn from nothing up to this.
  static func pause(_ count: Int) -> Int64 {
    min(longestPause, firstPause << Int64(min(max(0, count - 1), 10)))
  }
}
