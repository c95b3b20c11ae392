internal import Telemetry

/// What a server counts.
struct ServerMetrics: Sendable {
  let connections: Gauge
  let hangUps: Counter
  private let metrics: Metrics

  init(_ metrics: Metrics) {
    self.metrics = metrics
    connections = metrics.gauge("conclave_http_connections", "Open connections of the HTTP server.")
    hangUps = metrics.counter("conclave_http_hangups_total", "Requests whose client went away before the answer's end.")
  }

  func answered(_ status: Int) {
    metrics.counter("conclave_http_requests_total", "Requests answered.", [("status", String(status))]).add()
  }

  func refused(_ why: String) {
    metrics.counter("conclave_http_refused_total", "Requests over a bound of the server.", [("why", why)]).add()
  }
}
