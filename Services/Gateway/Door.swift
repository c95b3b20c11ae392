import Bus
import Deliberation
import Folding
import Settings
import Telemetry
import Web

/// The HTTP edge: what a client asks becomes a record, and what is wrong with it is said at once.
final class Door: Sendable {
  let waiting: Waiting
  let sender: Sender
  let producer: Producer
  let topics: Topics
  let catalogue: Catalogue
  let keys: Keys
  let limits: Settings.Limits
  let readiness: Readiness
  let log: Log
  private let requests: Counter
  private let refused: Counter

  init(
    waiting: Waiting, sender: Sender, producer: Producer, topics: Topics, catalogue: Catalogue, keys: Keys,
    limits: Settings.Limits, readiness: Readiness, log: Log, metrics: Metrics
  ) {
    self.waiting = waiting
    self.sender = sender
    self.producer = producer
    self.topics = topics
    self.catalogue = catalogue
    self.keys = keys
    self.limits = limits
    self.readiness = readiness
    self.log = log
    requests = metrics.counter("conclave_gateway_requests_total", "HTTP requests that came in.")
    refused = metrics.counter("conclave_gateway_refused_total", "HTTP requests that were refused.")
  }

  func enter(_ request: ServerRequest, _ responder: Responder) {
    requests.add()
    do { try route(request, responder) } catch {
      refused.add()
      error.respond(responder)
    }
  }

  private func route(_ request: ServerRequest, _ responder: Responder) throws(Failure) {
    guard let path = Path(request.path) else {
      if request.path == "/" { return Self.front(request, responder) }
      throw Failure(404, "not_found", "There is nothing at \(request.path.prefix(200)); GET / names what there is.")
    }
    switch path {
    case .chatCompletions:
      try allow(["POST"], request)
      try ask(request, .chat, responder)
    case .deliberation(let id, let member):
      try allow(["DELETE"], request)
      try cancel(id, member, request, responder)
    }
  }

  private func allow(_ methods: [String], _ request: ServerRequest) throws(Failure) {
    guard methods.contains(request.method) else {
      throw Failure(
        405, "invalid_request", "\(request.path) takes \(methods.joined(separator: ", ")), not \(request.method).")
    }
  }

  func tenant(_ request: ServerRequest) throws(Failure) -> String {
    guard let tenant = keys.tenant(request.header("Authorization")) else {
      throw Failure(401, "authentication", "No known API key was given. Send it as `Authorization: Bearer …`.")
    }
    return tenant
  }

  /// The bus takes records at this moment, as far as can be known without writing one.
  func reachable() throws(Failure) -> ReplyAddress {
    let missing = readiness.unmet
    guard missing.isEmpty, let address = waiting.address else {
      let why = missing.map { "\($0.name): \($0.why)" }.joined(separator: "; ")
      var failure = Failure(503, "provider_unavailable", "The message bus cannot be reached (\(why)). Try again.")
      failure.retryAfter = 1
      throw failure
    }
    return address
  }

  private static func front(_ request: ServerRequest, _ responder: Responder) {
    let text = """
      Conclave

      POST   /v1/chat/completions                 ask; model openrouter/fusion asks a panel
      DELETE /v1/deliberations/{id}               cancel
      DELETE /v1/deliberations/{id}/members/{n}   stop waiting for one member of the panel

      Every path is served under /api/v1 as well.

      """
    responder.respond(200, [("Content-Type", "text/plain; charset=utf-8")], Array(text.utf8))
  }
}
