internal import Telemetry
internal import Threads

/// What a server counts.
struct ServerMetrics: Sendable {
  let connections: Gauge
  let arriving: Gauge
  let hangUps: Counter
  private let metrics: Metrics
  /// Kept by status: every request counts, and finding an instrument by its labels costs more than counting.
  private let answers = Lock<[Int: Counter]>([:])

  init(_ metrics: Metrics) {
    self.metrics = metrics
    connections = metrics.gauge("conclave_http_connections", "Open connections of the HTTP server.")
    arriving = metrics.gauge("conclave_http_arriving_bytes", "What is here of bodies that are still coming in.")
    hangUps = metrics.counter("conclave_http_hangups_total", "Requests whose client went away before the answer's end.")
  }

  func answered(_ status: Int) {
    if let counter = answers.withLock({ $0[status] }) { return counter.add() }
    let counter = metrics.counter("conclave_http_requests_total", "Requests answered.", [("status", String(status))])
    answers.withLock { $0[status] = counter }
    counter.add()
  }

  func refused(_ why: String) {
    metrics.counter("conclave_http_refused_total", "Requests over a bound of the server.", [("why", why)]).add()
  }
}
