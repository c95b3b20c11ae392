/// The body of an answer that comes piece by piece.
package final class BodyWriter: Sendable {
  init() {}

  /// Sends a piece, from any thread. False: the client has gone, or reads so slowly that it was given up.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool { false }

  /// The answer is complete.
  package func finish() {}

  /// Ends the connection without completing the answer, so that the client sees that it is cut.
  package func abort() {}

  /// What the client has not taken yet.
  package var bufferedBytes: Int { 0 }
}
