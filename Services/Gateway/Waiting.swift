internal import Deliberation
internal import Folding
internal import Telemetry
internal import Threads

/// Those who asked here, by deliberation, until that has ended: also who has gone meanwhile, because what they asked for
/// still counts against the limits of their key.
final class Waiting: Sendable {
  let gateway: String
  let incarnation: String
  private let log: Log
  private let known: Recollection
  /// What all streams together may keep for readers who are slow.
  private let bufferedBytes: Int
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
    gateway: String, incarnation: String, known: Recollection, bufferedBytes: Int = 256_000_000, log: Log,
    metrics: Metrics,
    over: @escaping @Sendable (Client, Double) -> Void, late: @escaping @Sendable (Client) -> Void
  ) {
    self.gateway = gateway
    self.incarnation = incarnation
    self.known = known
    self.bufferedBytes = bufferedBytes
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

  /// Its ask could not be written: no id leaves. Others who wait for that deliberation go on.
  func refused(_ client: Client, _ failure: Failure) {
    let isThere = !take(client.deliberation, where: { $0 === client }).isEmpty
    // its result may have come before; whoever waits for acceptance alone is still to be told
    client.fail(failure, naming: client.isAcknowledged)
    if isThere { over(client, 0) }
    if let ask = client.entry?.ask {
      known.refused(client.deliberation, ask: ask, heir: clients(client.deliberation).first?.entry)
    }
  }

  /// One went away. What it asked for is held against its key until that has ended. True where it was the last who
  /// waited for that deliberation.
  func leave(_ client: Client) -> Bool {
    client.left()
    let others = clients(client.deliberation)
    guard others.contains(where: { $0 === client }) else { return false }
    // who came along with another holds nothing that would have to be kept
    if !client.holdsRoom {
      for client in take(client.deliberation, where: { $0 === client }) { over(client, 0) }
    }
    return !others.contains { $0.isAttended }
  }

  /// Whether somebody asked for it who has gone, and nobody is there now: whoever comes then takes that place.
  func isDeserted(_ deliberation: String, tenant: String) -> Bool {
    let clients = clients(deliberation)
    return clients.contains { $0.holdsRoom && $0.entry?.tenant == tenant } && !clients.contains { $0.isAttended }
  }

  private func clients(_ deliberation: String) -> [Client] { state.withLock { $0.clients[deliberation] ?? [] } }

  /// Takes those out who wait for a deliberation, or some of them.
  private func take(_ deliberation: String, where isMeant: (Client) -> Bool = { _ in true }) -> [Client] {
    let (clients, waiting) = state.withLock { state in
      var (taken, others): ([Client], [Client]) = ([], [])
      for client in state.clients.removeValue(forKey: deliberation) ?? [] {
        if isMeant(client) { taken.append(client) } else { others.append(client) }
      }
      if !others.isEmpty { state.clients[deliberation] = others }
      state.count -= taken.count
      return (taken, state.count)
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
      for client in take(deliberation, where: { $0.entry?.ask == ask }) {
        client.refuse(code, body)
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
        if now - client.since > unacknowledgedAfter, client.giveUp() {
          refused(
            client,
            Failure(
              503, "provider_unavailable", "The message bus did not take the ask in time. Try again.", retryAfter: 1))
        }
      }
      guard clients.contains(where: { $0.until <= now }) else { continue }
      for client in take(deliberation, where: { $0.until <= now }) {
        client.fail(
          Failure(
            504, "timeout", "The deliberation did not end by its deadline; ask for it by its id, or read the results."
          ))
        over(client, 0)
      }
    }
    shed(buffered)
  }

  /// Slow readers are many: those who hold most are let go until the rest fits.
  private func shed(_ buffered: [(client: Client, bytes: Int)]) {
    var sum = buffered.reduce(0) { $0 + $1.bytes }
    guard sum > bufferedBytes else { return }
    for (client, bytes) in buffered.sorted(by: { $0.bytes > $1.bytes }) {
      guard sum > bufferedBytes else { return }
      log.warning(
        "stream.shed", ("deliberation", client.deliberation), ("bytes", bytes), ("trace", client.trace ?? ""))
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
