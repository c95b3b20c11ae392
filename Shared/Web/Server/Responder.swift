/// How a request is answered: once, from any thread, at once or much later.
package final class Responder: Sendable {
  init() {}

  /// Answers. A second answer is ignored.
  package func respond(_ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = []) {}

  /// Begins an answer whose body comes piece by piece.
  package func stream(_ status: Int, _ headers: [(String, String)] = []) -> BodyWriter { BodyWriter() }

  /// Calls `body` once when the client went away before the answer was complete; at once where it has gone already.
  /// A client that only closes its sending side counts as gone, because TCP does not tell the two apart.
  package func onClose(_ body: @escaping @Sendable () -> Void) {}
}
