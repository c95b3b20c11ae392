internal import Telemetry

/// Asks other servers: thousands of requests at once, all on one thread.
package final class HTTPClient: Sendable {
  package init(_ options: HTTPClientOptions = HTTPClientOptions()) {}

  /// Starts a request. Events come on the client's thread, so what they call must not block.
  package func start(_ request: HTTPRequest, _ on: @escaping @Sendable (HTTPEvent) -> Void) -> Transfer {
    on(.failed(.clientStopped))
    return Transfer(number: 0) { _ in }
  }

  /// Sends a request and waits for the whole answer.
  package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse { throw .clientStopped }

  /// Ends every request with `failed(.clientStopped)` and then the thread.
  package func shutdown() {}
}
