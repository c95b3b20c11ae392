/// The body of an answer that comes piece by piece. Whoever lets go of it without `finish` cuts the connection.
package final class BodyWriter: Sendable {
  private let exchange: Exchange?

  init(_ exchange: Exchange?) { self.exchange = exchange }

  deinit { exchange?.abort() }

  /// Sends a piece, from any thread. False: the client has gone, or reads so slowly that it was given up.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool { exchange?.write(bytes) ?? false }

  /// The answer is complete.
  package func finish() { exchange?.finish() }

  /// Ends the connection without completing the answer, so that the client sees that it is cut.
  package func abort() { exchange?.abort() }

  /// What the client has not taken yet.
  package var bufferedBytes: Int { exchange?.buffered ?? 0 }
}
