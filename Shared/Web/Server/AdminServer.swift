package import Telemetry

/// What every service shows about itself: `/healthz` (alive), `/readyz` (can do its work), `/metrics` (Prometheus).
package final class AdminServer: Sendable {
  private let server: HTTPServer

  package init(_ address: SocketAddress, metrics: Metrics, readiness: Readiness, log: Log) throws(HTTPServerError) {
    var limits = HTTPServerLimits()
    limits.bodyBytes = 1_000
    limits.connections = 100
    // not counted among the metrics it shows: those are of the service's own door
    server = try HTTPServer(address, limits: limits, log: log) { request, responder in
      Self.answer(request, responder, metrics, readiness)
    }
  }

  package var address: SocketAddress { server.address }
  package var port: Int { server.port }

  package func stop() { server.stop() }

  private static func answer(
    _ request: ServerRequest, _ responder: Responder, _ metrics: Metrics, _ readiness: Readiness
  ) {
    let text = [("Content-Type", "text/plain; charset=utf-8")]
    guard request.method == "GET" || request.method == "HEAD" else {
      responder.respond(405, text + [("Allow", "GET, HEAD")], Array("only GET\n".utf8))
      return
    }
    switch request.path {
    case "/healthz": responder.respond(200, text, Array("alive\n".utf8))
    case "/readyz":
      let unmet = readiness.unmet.map { "\($0.name): \($0.why)\n" }.joined()
      let isReady = readiness.isReady
      responder.respond(isReady ? 200 : 503, text, Array((isReady ? "ready\n" : "not ready\n" + unmet).utf8))
    case "/metrics":
      let type = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]
      responder.respond(200, type, Array(metrics.render().utf8))
    default: responder.respond(404, text, Array("this port has /healthz, /readyz and /metrics\n".utf8))
    }
  }
}
