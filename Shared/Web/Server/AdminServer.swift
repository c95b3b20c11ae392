package import Telemetry

/// What every service shows about itself: `/healthz` (alive), `/readyz` (can do its work), `/metrics` (Prometheus).
package final class AdminServer: Sendable {
  private let server: HTTPServer

  package init(_ address: SocketAddress, metrics: Metrics, readiness: Readiness, log: Log) throws(HTTPServerError) {
    server = try HTTPServer(address, log: log) { _, responder in responder.respond(200) }
  }

  package var port: Int { server.port }

  package func stop() { server.stop() }
}
