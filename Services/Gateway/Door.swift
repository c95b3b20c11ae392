internal import Bus
internal import Deliberation
internal import Folding
internal import Service
internal import Settings
internal import Telemetry
internal import Web

/// The HTTP edge: what a client asks becomes a record, and what is wrong with it is said at once.
final class Door: Sendable {
  let waiting: Waiting
  let known: Recollection
  let records: Records
  let entrance: Entrance
  let keys: Keys
  let sender: Sender
  let producer: Producer
  let topics: Topics
  let catalogue: Catalogue
  let log: Log
  let followers: Places
  let lookups: Places
  private let origins: Origins
  private let models: ModelList
  private let readiness: Readiness
  private let requests: Counter
  private let refused: Counter

  init(
    waiting: Waiting, known: Recollection, records: Records, entrance: Entrance, keys: Keys, sender: Sender,
    producer: Producer, context: ServiceContext
  ) {
    self.waiting = waiting
    self.known = known
    self.records = records
    self.entrance = entrance
    self.keys = keys
    self.sender = sender
    self.producer = producer
    topics = context.topics
    catalogue = context.settings.catalogue
    origins = Origins(context.settings.gateway.corsOrigins)
    models = ModelList(context.settings.catalogue)
    readiness = context.readiness
    log = context.log
    let gateway = context.settings.gateway
    let isShared = keys.keys.count > 1
    followers = Places(
      gateway.maxFollowers, setting: "gateway.max_followers", isShared: isShared,
      context.metrics.gauge("conclave_gateway_followers", "Live streams of events."))
    lookups = Places(
      gateway.maxLookups, setting: "gateway.max_lookups", isShared: isShared,
      context.metrics.gauge("conclave_gateway_lookups", "Requests that look a deliberation up."))
    requests = context.metrics.counter("conclave_gateway_requests_total", "HTTP requests that came in.")
    refused = context.metrics.counter("conclave_gateway_refused_total", "HTTP requests that were refused.")
  }

  /// What the server asks before a body has come: whoever has no key sends none.
  var host: ServerHost {
    ServerHost(
      greet: { [keys] request in
        guard request.path != "/", keys.visitor(request.header("Authorization")) == nil else { return nil }
        return Failure.unauthenticated.answer
      },
      refused: { [origins, log] request, status, after in
        let headers = Visit.headers(request) + origins.headers(request.header("Origin"))
        Visit.tell(request, status, after, id: headers[0].1, log: log)
        return headers
      })
  }

  func enter(_ request: ServerRequest, _ responder: Responder) {
    requests.add()
    let visit = Visit(request, responder, headers: origins.headers(request.header("Origin")), log: log)
    if request.method == "OPTIONS", let answer = origins.preflight(request) {
      return visit.respond(204, answer, [])
    }
    do { try route(visit) } catch {
      refused.add()
      error.respond(visit)
    }
  }

  private func route(_ visit: Visit) throws(Failure) {
    let request = visit.request
    guard let path = Path(request.path) else {
      if request.path == "/" { return try front(visit) }
      throw Failure(404, "not_found", "There is nothing at \(request.path.prefix(200)); GET / names what there is.")
    }
    guard path.methods.contains(request.method) else {
      throw Failure(
        405, "invalid_request",
        "\(request.path.prefix(200)) takes \(path.methods.joined(separator: ", ")), not \(request.method.prefix(40)).",
        allow: path.methods)
    }
    let visitor = try visitor(visit)
    switch path {
    case .chatCompletions: try ask(.chat, visit, visitor)
    case .responses: try ask(.responses, visit, visitor)
    case .deliberations: try ask(nil, visit, visitor)
    case .models: visit.respond(200, Failure.headers(), try models.page(request.query).bytes)
    case .model(let name): visit.respond(200, Failure.headers(), try models.one(name).bytes)
    case .generation: try generation(visit, visitor)
    case .deliberation(let id) where request.method == "DELETE": try cancel(id, nil, visit, visitor)
    case .deliberation(let id): try deliberation(id, visit, visitor)
    case .events(let id): try events(id, visit, visitor)
    case .member(let id, let member): try cancel(id, member, visit, visitor)
    }
  }

  private func visitor(_ visit: Visit) throws(Failure) -> Visitor {
    guard let visitor = keys.visitor(visit.request.header("Authorization")) else {
      throw Failure.unauthenticated
    }
    visit.note(tenant: visitor.tenant)
    return visitor
  }

  /// The bus takes records at this moment, as far as can be known without writing one.
  func reachable() throws(Failure) -> ReplyAddress {
    let missing = readiness.unmet
    guard missing.isEmpty, let address = waiting.address else {
      let why = missing.map { "\($0.name): \($0.why)" }.joined(separator: "; ")
      throw Failure(
        503, "provider_unavailable", "The message bus cannot be reached (\(why)). Try again.", retryAfter: 1)
    }
    return address
  }

  private func front(_ visit: Visit) throws(Failure) {
    guard ["GET", "HEAD"].contains(visit.request.method) else {
      throw Failure(405, "invalid_request", "/ takes GET, not \(visit.request.method.prefix(40)).", allow: ["GET"])
    }
    let text = """
      Conclave

      POST   /v1/chat/completions                 ask; model openrouter/fusion asks a panel
      POST   /v1/responses                        the same in the shape of Responses
      GET    /v1/models                           what can be asked
      GET    /v1/model/{author}/{slug}            one of them
      GET    /v1/generation?id=                   what one answer took
      POST   /v1/deliberations                    ask without waiting
      GET    /v1/deliberations/{id}               how far it is, and its result
      GET    /v1/deliberations/{id}/events        what happened in it; live as text/event-stream
      DELETE /v1/deliberations/{id}               cancel
      DELETE /v1/deliberations/{id}/members/{n}   stop waiting for one member of the panel

      Every path is served under /api/v1 as well.

      """
    visit.respond(200, [("Content-Type", "text/plain; charset=utf-8")], Array(text.utf8))
  }
}
