internal import Deliberation
internal import Settings
internal import Telemetry
internal import Threads

/// Lets asks in: the limits of their keys first, then the room that there is.
final class Entrance: Sendable {
  /// What an ask that was let in holds until it leaves.
  struct Ticket: Sendable {
    let visitor: Visitor
    let load: Admission.Load
  }

  private struct State {
    var admission: Admission
    var meters: [KeyMeter]
  }

  private let state: Lock<State>
  private let open: Gauge
  private let shed: @Sendable (String) -> Void

  init(_ keys: Keys, _ bounds: Admission.Bounds, metrics: Metrics, now: Int64) {
    state = Lock(
      State(
        admission: Admission(bounds, isShared: keys.keys.count > 1),
        meters: keys.keys.map { KeyMeter($0, now: now) }))
    open = metrics.gauge("conclave_gateway_open", "Deliberations that were asked for here and have not ended.")
    shed = { why in
      metrics.counter("conclave_gateway_shed_total", "Asks that were refused for want of room.", [("why", why)]).add()
    }
  }

  func enter(_ visitor: Visitor, _ load: Admission.Load, now: Int64) throws(Failure) -> Ticket {
    let (failure, count) = state.withLock { state -> (Failure?, Int) in
      if let key = visitor.key, let refusal = state.meters[key].enter(now) {
        return (Failure(refusal), state.admission.open)
      }
      guard let refusal = state.admission.enter(visitor, load) else { return (nil, state.admission.open) }
      if let key = visitor.key { state.meters[key].refund(now) }
      return (Failure(refusal, state.admission.bounds), state.admission.open)
    }
    open.set(Double(count))
    if let failure {
      shed(failure.status == 429 ? "full" : "budget")
      throw failure
    }
    return Ticket(visitor: visitor, load: load)
  }

  /// Lets a request in that comes along with one that holds its room already.
  func join(_ visitor: Visitor, now: Int64) throws(Failure) {
    guard let key = visitor.key, let refusal = state.withLock({ $0.meters[key].join(now) }) else { return }
    shed("full")
    throw Failure(refusal)
  }

  func leave(_ ticket: Ticket, cost: Double, now: Int64) {
    let count = state.withLock { state in
      state.admission.leave(ticket.visitor, ticket.load)
      if let key = ticket.visitor.key { state.meters[key].leave(cost: cost, now) }
      return state.admission.open
    }
    open.set(Double(count))
  }

  /// Tenants with a key whose cost is limited.
  var limited: Set<String> {
    state.withLock { state in Set(state.meters.filter { $0.key.costPerDay != nil }.map(\.key.tenant)) }
  }

  /// What a tenant's keys, by their marks, have cost on that day as far as the ledger knows.
  func learn(_ costs: [String: Double], of tenant: String, now: Int64) {
    state.withLock { state in
      for place in state.meters.indices where state.meters[place].key.tenant == tenant {
        if let cost = costs[state.meters[place].key.mark] { state.meters[place].learn(cost: cost, now) }
      }
    }
  }

  func headers(_ visitor: Visitor, now: Int64) -> [(String, String)] {
    state.withLock { state in visitor.key.map { state.meters[$0].headers(now) } ?? [] }
  }
}

extension Failure {
  init(_ refusal: KeyMeter.Refusal) {
    switch refusal {
    case .rate(let seconds):
      self.init(
        429, "rate_limit_exceeded", "This key's requests_per_minute are used up. Try again in \(seconds) s.",
        retryAfter: seconds)
    case .concurrent(let limit):
      self.init(
        429, "rate_limit_exceeded", "This key has \(limit) deliberations open, as many as it may. Wait for one to end.",
        retryAfter: 1)
    case .cost(let limit, let seconds):
      self.init(
        402, "payment_required",
        "This key has cost its \(limit) USD of today (cost_per_day). It begins anew at 00:00 UTC.",
        retryAfter: seconds)
    }
  }

  init(_ refusal: Admission.Refusal, _ bounds: Admission.Bounds) {
    let why =
      switch refusal {
      case .full: "\(bounds.open) deliberations are open here, as many as may be (gateway.max_open)."
      case .unfair: "Your share of the open deliberations is used up while others wait (gateway.max_open)."
      case .bytes: "The questions that are open here take \(bounds.bytes) bytes (gateway.max_bytes)."
      case .partition: "The embedded broker has no room for another question of this size; it keeps 5 MiB a partition."
      }
    self.init(429, "rate_limit_exceeded", "\(why) Try again in a second.", retryAfter: 1)
  }
}
