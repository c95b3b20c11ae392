package import Telemetry

/// Takes requests: each waits, without a thread, until somebody answers it.
package final class HTTPServer: Sendable {
  /// Where it listens; the one that was given out where port 0 was asked for.
  package let address: SocketAddress
  private let daemon: ServerDaemon

  package var port: Int { address.port }

  /// `handle` is called on the server's thread for each request that has arrived whole: it must not block.
  package init(
    _ address: SocketAddress, limits: HTTPServerLimits = HTTPServerLimits(), log: Log, metrics: Metrics = Metrics(),
    host: ServerHost = ServerHost(), _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void
  ) throws(HTTPServerError) {
    let listener = try ListeningSocket(address)
    let gate = try ServerGate(limits: limits, log: log, metrics: metrics, host: host, handle)
    daemon = try ServerDaemon(listener, gate, limits, log)
    self.address = SocketAddress(host: address.host, port: listener.port)
  }

  deinit { daemon.stop(within: .zero) }

  /// How many requests are being received or answered.
  package var openRequests: Int { daemon.gate.openRequests }

  /// Takes no more connections, gives open requests `within` to be answered, then ends them; nobody is told of a
  /// hang-up then. Blocks.
  package func stop(within: Duration = .zero) { daemon.stop(within: within) }
}
