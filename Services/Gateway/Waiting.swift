internal import Deliberation
internal import Folding
internal import Telemetry
internal import Threads

/// The clients that wait for an answer here, by deliberation.
final class Waiting: Sendable {
  let gateway: String
  let incarnation: String
  private let log: Log
  private let known: Recollection
  private let state = Lock(State())
  private let count: Gauge
  private let unreadableReplies: Counter
  /// Told of each client whose waiting is over, and what the deliberation cost.
  private let over: @Sendable (Client, Double) -> Void
  /// Told of those whose deliberation had ended before their ask.
  private let late: @Sendable (Client) -> Void

  private struct State {
    var clients: [String: [Client]] = [:]
    var count = 0
    var partition: Int?
    var isClosed = false
  }

  init(
    gateway: String, incarnation: String, known: Recollection, log: Log, metrics: Metrics,
    over: @escaping @Sendable (Client, Double) -> Void, late: @escaping @Sendable (Client) -> Void
  ) {
    self.gateway = gateway
    self.incarnation = incarnation
    self.known = known
    self.log = log
    self.over = over
    self.late = late
    count = metrics.gauge("conclave_gateway_waiting", "Clients that wait for an answer.")
    unreadableReplies = metrics.counter("conclave_gateway_unreadable_replies_total", "Replies that could not be read.")
  }

  func listen(on partition: Int32) { state.withLock { $0.partition = Int(partition) } }
  var partition: Int? { state.withLock { $0.partition } }

  /// Where replies find this gateway; nil before it listens.
  var address: ReplyAddress? {
    partition.map { ReplyAddress(partition: $0, gateway: gateway, incarnation: incarnation) }
  }

  // MARK: those who come and go

  /// False where the gateway ends.
  func add(_ client: Client) -> Bool {
    let (isAdded, waiting) = state.withLock { state in
      guard !state.isClosed else { return (false, state.count) }
      state.clients[client.deliberation, default: []].append(client)
      state.count += 1
      return (true, state.count)
    }
    count.set(Double(waiting))
    return isAdded
  }

  func acknowledged(_ deliberation: String) {
    let now = WallClock.now()
    for client in clients(deliberation) { client.acknowledged(now) }
  }

  /// The ask could not be written: no id leaves.
  func refused(_ deliberation: String, _ failure: Failure) {
    for client in take(deliberation) {
      client.fail(failure, naming: false)
      over(client, 0)
    }
  }

  /// Takes one client out that went away; true where nobody else waits for that deliberation.
  func leave(_ client: Client) -> Bool {
    let (isLast, isThere, waiting) = state.withLock { state -> (Bool, Bool, Int) in
      guard var clients = state.clients[client.deliberation] else { return (false, false, state.count) }
      let before = clients.count
      clients.removeAll { $0 === client }
      guard clients.count < before else { return (false, false, state.count) }
      state.count -= 1
      state.clients[client.deliberation] = clients.isEmpty ? nil : clients
      return (clients.isEmpty, true, state.count)
    }
    count.set(Double(waiting))
    client.left()
    if isThere { over(client, 0) }
    return isLast
  }

  private func clients(_ deliberation: String) -> [Client] { state.withLock { $0.clients[deliberation] ?? [] } }

  /// Takes those out who wait for a deliberation, or the one whose ask that was.
  private func take(_ deliberation: String, ask: String? = nil) -> [Client] {
    let (clients, waiting) = state.withLock { state in
      var clients = state.clients.removeValue(forKey: deliberation) ?? []
      if let ask {
        let others = clients.filter { $0.entry?.ask != ask }
        if !others.isEmpty { state.clients[deliberation] = others }
        clients.removeAll { $0.entry?.ask != ask }
      }
      state.count -= clients.count
      return (clients, state.count)
    }
    count.set(Double(waiting))
    return clients
  }

  // MARK: what the bus says

  /// On the one thread that reads replies, so that pieces of an answer keep their order.
  func heard(_ reply: Reply) {
    let now = WallClock.now()
    switch reply {
    case .deltas(let deltas):
      let listeners = state.withLock { state in deltas.map { state.clients[$0.deliberation] ?? [] } }
      for (delta, clients) in zip(deltas, listeners) {
        for client in clients { client.delta(delta, now: now) }
      }
    case .step(let step):
      known.step(step)
      for client in clients(step.deliberation) { client.step(step, now: now) }
    case .result(let deliberation, let code, let body):
      known.result(deliberation, code, body, now: now)
      var cost = (body["usage"] ?? body["error"]?["metadata"]?["usage"])?["cost"]?.number ?? 0
      for client in take(deliberation) {
        client.answer(code, body)
        over(client, cost)
        // who joined did not make it dearer
        cost = 0
      }
    case .refused(let deliberation, let ask, let code, let body):
      for client in take(deliberation, ask: ask) {
        client.answer(code, body)
        over(client, 0)
      }
      known.refused(deliberation, ask: ask, heir: clients(deliberation).first?.entry)
    case .ended(let deliberation):
      for client in take(deliberation) {
        late(client)
        over(client, 0)
      }
    }
  }

  /// A reply that cannot be read is counted and not written anywhere: whoever waits for it is told at its deadline.
  func unreadable(at offset: Int64) {
    unreadableReplies.add()
    log.warning("reply.unreadable", ("offset", offset))
  }

  // MARK: time

  /// What all streams together may keep for readers who are slow.
  private static let bufferedBytes = 256_000_000

  /// Ends the waiting of those whose time is over, and of those whose ask no broker took; shows the others that they
  /// are not forgotten.
  func sweep(now: Int64, unacknowledgedAfter: Int64) {
    let all = state.withLock { $0.clients }
    var buffered: [(client: Client, bytes: Int)] = []
    for (deliberation, clients) in all {
      for client in clients {
        client.tick(now)
        let bytes = client.bufferedBytes
        if bytes > 0 { buffered.append((client, bytes)) }
      }
      if clients.contains(where: { !$0.isAcknowledged && now - $0.since > unacknowledgedAfter }) {
        refused(
          deliberation,
          Failure(
            503, "provider_unavailable", "The message bus did not take the ask in time. Try again.", retryAfter: 1))
      } else if clients.contains(where: { $0.until <= now }) {
        for client in take(deliberation) {
          client.fail(
            Failure(
              504, "timeout", "The deliberation did not end by its deadline; ask for it by its id, or read the results."
            ))
          over(client, 0)
        }
      }
    }
    shed(buffered)
  }

  /// Slow readers are many: those who hold most are let go until the rest fits.
  private func shed(_ buffered: [(client: Client, bytes: Int)]) {
    var sum = buffered.reduce(0) { $0 + $1.bytes }
    guard sum > Self.bufferedBytes else { return }
    for (client, bytes) in buffered.sorted(by: { $0.bytes > $1.bytes }) {
      guard sum > Self.bufferedBytes else { return }
      log.warning("stream.shed", ("deliberation", client.deliberation), ("bytes", bytes))
      client.cut()
      sum -= bytes
    }
  }

  /// The gateway ends: those who wait learn it and can ask again.
  func close() {
    let clients = state.withLock { state in
      state.isClosed = true
      defer {
        state.clients = [:]
        state.count = 0
      }
      return state.clients
    }
    for client in clients.values.joined() {
      client.fail(
        Failure(
          503, "provider_unavailable",
          "This gateway is stopping. The deliberation goes on; ask another gateway for it by its id.", retryAfter: 1),
        naming: client.isAcknowledged)
    }
  }
}
