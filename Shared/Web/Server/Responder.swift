/// How a request is answered: once, from any thread, at once or much later.
package final class Responder: Sendable {
  private let exchange: Exchange

  init(_ exchange: Exchange) { self.exchange = exchange }

  /// Where the request is dropped without an answer the connection is cut, so that the client need not wait for ever.
  deinit { if !exchange.isAnswered { exchange.abort() } }

  /// Answers. A second answer is ignored.
  package func respond(_ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = []) {
    exchange.respond(AnswerState.Head(status: status, headers: headers), body)
  }

  /// Begins an answer whose body comes piece by piece. Where there is an answer already, what is written goes nowhere.
  package func stream(_ status: Int, _ headers: [(String, String)] = []) -> BodyWriter {
    BodyWriter(exchange.stream(AnswerState.Head(status: status, headers: headers)) ? exchange : nil)
  }

  /// Calls `body` once when the client went away before the answer was complete; at once where it has gone already.
  /// A client that only closes its sending side counts as gone, because TCP does not tell the two apart.
  package func onClose(_ body: @escaping @Sendable () -> Void) { exchange.onClose(body) }
}
