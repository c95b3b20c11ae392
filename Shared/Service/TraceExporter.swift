internal import Deliberation
internal import Glibc
internal import Settings
internal import Telemetry
internal import Threads
internal import Web

/// Sends this process's spans to an OTLP/HTTP receiver, as JSON. What it does not take is tried a few times and then
/// dropped: a trace is worth no memory and no wait.
final class TraceExporter: Sendable {
  static let batch = 512
  static let pause = Duration.milliseconds(500)
  /// Tries of one batch.
  static let tries = 5

  private struct State {
    var isStopping = false
    var hasEnded = false
  }

  private let url: String
  private let resource: JSON
  private let tracer: Tracer
  private let log: Log
  private let sent: Counter
  private let lost: Counter
  private let client = HTTPClient()
  private let state = Lock(State())

  init?(_ settings: Settings, tracer: Tracer, log: Log, metrics: Metrics) {
    guard let endpoint = settings.traces else { return nil }
    url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
    resource = [
      "attributes": .array(
        [
          ("service.name", .text(settings.service)), ("service.namespace", .text("conclave")),
          ("service.instance.id", .text(settings.instance)),
        ].map(OTLP.attribute))
    ]
    self.tracer = tracer
    self.log = log
    sent = metrics.counter("conclave_spans_sent_total", "Spans that a receiver of traces took.")
    lost = metrics.counter("conclave_spans_lost_total", "Spans that were dropped: no receiver took them in time.")
    metrics.gauge("conclave_spans_dropped", "Spans that found no room.") { Double(tracer.dropped) }
    tracer.start()
    Task { await run() }
  }

  private func run() async {
    while true {
      let isLast = state.withLock { $0.isStopping }
      var spans = tracer.take(Self.batch)
      while !spans.isEmpty {
        await send(spans, isLast: isLast)
        spans = tracer.take(Self.batch)
      }
      if isLast { break }
      try? await Task.sleep(for: Self.pause)
    }
    client.shutdown()
    state.withLock { $0.hasEnded = true }
  }

  private func send(_ spans: [Span], isLast: Bool) async {
    let body: JSON = [
      "resourceSpans": [
        [
          "resource": resource,
          "scopeSpans": [["scope": ["name": "conclave"], "spans": .array(spans.map(OTLP.span))]],
        ]
      ]
    ]
    let request = HTTPRequest(
      method: "POST", url: url, headers: [("content-type", "application/json")], body: body.bytes,
      timeouts: HTTPRequest.Timeouts(connect: .seconds(2), total: .seconds(5)))
    var why = ""
    for number in 0..<(isLast ? 1 : Self.tries) {
      if number > 0 { try? await Task.sleep(for: .milliseconds(250 << number)) }
      do {
        let answer = try await client.send(request)
        if (200..<300).contains(answer.status) { return sent.add(Double(spans.count)) }
        why = "it answered \(answer.status)"
        // what it refuses as wrong it will refuse again
        if (400..<500).contains(answer.status), answer.status != 429 { break }
      } catch { why = "\(error)" }
      if state.withLock({ $0.isStopping }) { break }
    }
    lost.add(Double(spans.count))
    log.warning("traces.lost", ("spans", spans.count), ("to", url), ("why", why))
  }

  /// Sends what is left, for as long as that takes within the limit.
  func stop(within limit: Duration) {
    state.withLock { $0.isStopping = true }
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end, !state.withLock({ $0.hasEnded }) { _ = poll(nil, 0, 10) }
  }
}
