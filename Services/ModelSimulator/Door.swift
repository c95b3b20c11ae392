internal import Deliberation
internal import Glibc
internal import Telemetry
internal import Threads
internal import Web

/// The simulator's paths: takes requests from the HTTP server, counts them, and has their answers played.
final class Door: Sendable {
  private let direction: Lock<Direction>
  private let counts = Lock(CallCounts())
  private let inFlight = Lock(0)
  /// The latest request for a completion, where it is kept.
  private let last = Lock<JSON>(.null)
  private let keepsLast: Bool
  private let defaultLatency: Int
  private let models: [String]
  private let alarms: Alarms
  private let player: Player
  private let metrics: Metrics
  private let requests: Counter
  private let calls: Counter
  private let repeatedCalls: Counter
  private let repeatedExecutions: Counter
  private let forgotten: Counter

  init(defaultLatency: Int, models: [String], keepsLast: Bool, alarms: Alarms, metrics: Metrics) {
    self.keepsLast = keepsLast
    self.defaultLatency = defaultLatency
    self.models = models
    self.alarms = alarms
    self.metrics = metrics
    player = Player(alarms: alarms)
    direction = Lock(Direction(defaultLatency: defaultLatency))
    requests = metrics.counter("conclave_simulator_requests_total", "Requests for a completion.")
    calls = metrics.counter("conclave_simulator_calls_total", "Different calls among them, by x-conclave-call.")
    repeatedCalls = metrics.counter(
      "conclave_simulator_calls_repeated_total", "Calls that came with more than one execution.")
    repeatedExecutions = metrics.counter(
      "conclave_simulator_executions_repeated_total", "Executions beyond the first of their call.")
    forgotten = metrics.counter(
      "conclave_simulator_calls_forgotten_total", "Requests for calls beyond the bound of those that are remembered.")
    let inFlight = inFlight
    metrics.gauge("conclave_simulator_in_flight", "Requests that are not answered yet.") {
      Double(inFlight.withLock { $0 })
    }
    metrics.gauge("conclave_simulator_waiting", "Pauses that are running.") { Double(alarms.waiting) }
  }

  func handle(_ request: ServerRequest, _ responder: Responder) {
    let path = Door.withoutPrefix(request.path)
    switch (request.method, path) {
    case ("POST", "/chat/completions"): complete(request, .openAI, responder)
    case ("POST", "/messages"): complete(request, .anthropic, responder)
    case ("GET", "/models"): answer(responder, OpenAIShape.models(models))
    case ("GET", "/healthz"), ("GET", "/readyz"): responder.respond(200, Door.text, Array("ok\n".utf8))
    case ("GET", "/metrics"):
      responder.respond(200, [("content-type", "text/plain; version=0.0.4")], Array(metrics.render().utf8))
    case ("GET", "/repeated"): answer(responder, repeated())
    case ("GET", "/last"): answer(responder, last.withLock { $0 })
    case ("POST", "/behave"): behave(request, responder)
    default:
      refuse(
        responder,
        Refusal(status: 404, type: "invalid_request_error", code: "not_found", message: "nothing is at \(request.path)")
      )
    }
  }

  private static let text = [("content-type", "text/plain")]

  private static func withoutPrefix(_ path: String) -> String {
    for prefix in ["/v1/", "/api/v1/"] where path.hasPrefix(prefix) { return String(path.dropFirst(prefix.count - 1)) }
    return path
  }

  private func complete(_ request: ServerRequest, _ format: Format, _ responder: Responder) {
    if keepsLast { keep(request) }
    let call = request.header("x-conclave-call").map { CallName($0) }
    let execution = request.header("x-conclave-execution")
    count(call, execution)
    let now = Alarms.now()
    do throws(Direction.Refused) {
      let reading = try Direction.read(
        Direction.Asked(format: format, body: request.body, call: call, execution: execution))
      let manner = direction.withLock { $0.manner(for: reading, now: now) }
      let script = Direction(defaultLatency: defaultLatency).script(for: reading, manner, epoch: time(nil))
      inFlight.withLock { $0 += 1 }
      let inFlight = inFlight
      player.play(script, asked: now, to: responder) { inFlight.withLock { $0 -= 1 } }
    } catch {
      responder.respond(error.refusal.status, Script.json, format.body(error.refusal).bytes)
    }
  }

  /// The request as it came, but for the key.
  private func keep(_ request: ServerRequest) {
    let secret: Set = ["authorization", "x-api-key", "api-key"]
    var headers = JSONObject()
    for (name, value) in request.headers where headers[name.lowercased()] == nil {
      headers.append(name.lowercased(), secret.contains(name.lowercased()) ? "(key)" : .string(value))
    }
    var query = JSONObject()
    for (name, value) in request.query where query[name] == nil { query.append(name, .string(value)) }
    let kept: JSON = [
      "path": .string(request.path), "query": .object(query), "headers": .object(headers),
      "body": (try? JSON.parse(request.body)) ?? .null,
    ]
    last.withLock { $0 = kept }
  }

  private func behave(_ request: ServerRequest, _ responder: Responder) {
    do throws(Overrides.Malformed) {
      guard let body = try? JSON.parse(request.body) else {
        throw Overrides.Malformed(description: "the body is not JSON")
      }
      let change = try Overrides.change(body)
      let now = Alarms.now()
      direction.withLock { $0.overrides.apply(change, now: now) }
      answer(responder, ["behaving": true])
    } catch {
      refuse(
        responder,
        Refusal(status: 400, type: "invalid_request_error", code: "invalid_request", message: error.description))
    }
  }

  private func repeated() -> JSON {
    let (calls, repeated, listed) = counts.withLock { ($0.calls, $0.repeatedCalls, $0.listed) }
    return [
      "calls": .int(Int64(calls)), "repeated": .int(Int64(repeated)),
      "listed": .array(listed.map { ["call": .string($0.call), "executions": .int(Int64($0.executions))] }),
    ]
  }

  private func answer(_ responder: Responder, _ body: JSON) { responder.respond(200, Script.json, body.bytes) }

  private func refuse(_ responder: Responder, _ refusal: Refusal) {
    responder.respond(refusal.status, Script.json, refusal.body.bytes)
  }

  private func count(_ call: CallName?, _ execution: String?) {
    requests.add()
    guard let call else { return }
    switch counts.withLock({ $0.count(call, execution: execution) }) {
    case .nothing: break
    case .newCall: calls.add()
    case .again(let first):
      if first { repeatedCalls.add() }
      repeatedExecutions.add()
    case .beyondBound: forgotten.add()
    }
  }
}
