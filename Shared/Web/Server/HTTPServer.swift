package import Telemetry

/// Takes requests: each waits, without a thread, until somebody answers it.
package final class HTTPServer: Sendable {
  package let port: Int

  /// `handle` is called on the server's thread for each request that has arrived whole: it must not block.
  package init(
    _ address: SocketAddress, limits: HTTPServerLimits = HTTPServerLimits(), log: Log,
    _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void
  ) throws(HTTPServerError) {
    port = address.port
  }

  /// Takes no more connections, gives open requests `within` to be answered, then ends them. Blocks.
  package func stop(within: Duration = .zero) {}
}
