internal import Threads

/// Asks other servers: thousands of requests at once, all on one thread. HTTP/1.1 over http, HTTP/2 over https where the
/// server has it; gzip; proxies from the environment except for the loopback address; redirects are not followed.
package final class HTTPClient: Sendable {
  private let loop: ClientLoop

  package init(_ options: HTTPClientOptions = HTTPClientOptions()) { loop = ClientLoop.started(options) }

  deinit { loop.stop() }

  /// How many requests are under way.
  package var inFlight: Int { loop.inFlight }

  /// Starts a request. Events come on the client's thread (after `shutdown` on the caller's), so what they call must not
  /// block.
  @discardableResult
  package func start(_ request: HTTPRequest, _ on: @escaping @Sendable (HTTPEvent) -> Void) -> Transfer {
    let loop = loop
    let number = loop.start(request, on)
    return Transfer(number: number) { loop.cancel($0) }
  }

  /// Sends a request and waits for the whole answer. Cancelling the task cancels the request.
  package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let collector = ResponseCollector()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        collector.wait(continuation)
        collector.started(start(request) { collector.receive($0) })
      }
    } onCancel: {
      collector.cancel()
    }
    return try result.get()
  }

  /// Ends every request with `failed(.clientStopped)` and then the thread.
  package func shutdown() { loop.stop() }
}
