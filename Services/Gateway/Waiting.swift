import Deliberation
import Folding
import Telemetry
import Threads
import Web

/// The clients that wait for an answer here, by deliberation.
final class Waiting: Sendable {
  let gateway: String
  let incarnation: String
  private let log: Log
  private let state = Lock(State())
  private let open: Gauge
  private let unreadableReplies: Counter

  struct Client: Sendable {
    let responder: Responder
    let since: Int64
    /// When it is told that time is over, whatever the rest of the system says.
    let until: Int64
    var isAcknowledged = false
  }

  private struct State {
    var clients: [String: [Client]] = [:]
    var count = 0
    var partition: Int?
    var isClosed = false
  }

  init(gateway: String, incarnation: String, log: Log, metrics: Metrics) {
    self.gateway = gateway
    self.incarnation = incarnation
    self.log = log
    open = metrics.gauge("conclave_gateway_waiting", "Clients that wait for an answer.")
    unreadableReplies = metrics.counter("conclave_gateway_unreadable_replies_total", "Replies that could not be read.")
  }

  func noteUnreadable(_ offset: Int64) {
    unreadableReplies.add()
    log.warning("reply.unreadable", ("offset", offset))
  }

  var partition: Int? { state.withLock { $0.partition } }
  var count: Int { state.withLock { $0.count } }
  func listen(on partition: Int32) { state.withLock { $0.partition = Int(partition) } }

  /// Where replies find this gateway; nil before it listens.
  var address: ReplyAddress? {
    partition.map { ReplyAddress(partition: $0, gateway: gateway, incarnation: incarnation) }
  }

  /// False where no more may wait.
  func add(_ deliberation: String, _ client: Client, maximum: Int) -> Bool {
    let isAdded = state.withLock { state in
      guard !state.isClosed, state.count < maximum else { return false }
      state.clients[deliberation, default: []].append(client)
      state.count += 1
      return true
    }
    open.set(Double(count))
    return isAdded
  }

  func acknowledged(_ deliberation: String) {
    state.withLock { state in
      guard let clients = state.clients[deliberation] else { return }
      state.clients[deliberation] = clients.map { client in
        var client = client
        client.isAcknowledged = true
        return client
      }
    }
  }

  /// Takes whoever waits for a deliberation out.
  func take(_ deliberation: String) -> [Client] {
    let clients = state.withLock { state in
      let clients = state.clients.removeValue(forKey: deliberation) ?? []
      state.count -= clients.count
      return clients
    }
    open.set(Double(count))
    return clients
  }

  /// Takes one client out that went away; true where nobody else waits for that deliberation.
  func leave(_ deliberation: String, _ responder: Responder) -> Bool {
    let isLast = state.withLock { state in
      guard var clients = state.clients[deliberation] else { return false }
      let before = clients.count
      clients.removeAll { $0.responder === responder }
      guard clients.count < before else { return false }
      state.count -= before - clients.count
      state.clients[deliberation] = clients.isEmpty ? nil : clients
      return clients.isEmpty
    }
    open.set(Double(count))
    return isLast
  }

  func answer(_ deliberation: String, _ status: Int, _ body: [UInt8]) {
    for client in take(deliberation) {
      client.responder.respond(status, Failure.headers(deliberation), body)
    }
  }

  /// Ends the waiting of those whose time is over, and of those whose ask no broker took.
  func sweep(now: Int64, unacknowledgedAfter: Int64) {
    let late = state.withLock { state in
      state.clients.compactMap { deliberation, clients -> (String, Bool)? in
        if clients.contains(where: { $0.until <= now }) { return (deliberation, true) }
        if clients.contains(where: { !$0.isAcknowledged && now - $0.since > unacknowledgedAfter }) {
          return (deliberation, false)
        }
        return nil
      }
    }
    for (deliberation, isAcknowledged) in late {
      for client in take(deliberation) {
        if isAcknowledged {
          Failure(
            504, "timeout", "The deliberation did not end by its deadline; its result will be on the results topic."
          )
          .respond(client.responder, deliberation)
        } else {
          // No id leaves before the brokers have acknowledged the ask.
          Failure(503, "provider_unavailable", "The message bus did not take the ask in time. Try again.")
            .respond(client.responder)
        }
      }
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
    for (deliberation, waiters) in clients {
      for client in waiters {
        Failure(
          503, "provider_unavailable",
          "This gateway is stopping. The deliberation goes on; its result will be on the results topic."
        )
        .respond(client.responder, client.isAcknowledged ? deliberation : nil)
      }
    }
  }
}
