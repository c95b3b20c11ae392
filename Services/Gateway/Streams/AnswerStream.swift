internal import Deliberation

/// An answer as it is written to a client piece by piece: a value that is told what happens and says which bytes follow
/// from it. It knows no socket, no clock and no lock.
protocol AnswerStream: Sendable {
  mutating func delta(_ delta: Reply.Delta) -> [UInt8]
  mutating func step(_ step: Reply.Step) -> [UInt8]
  /// The end: whatever of the answer has not been shown, and how the stream is closed.
  mutating func result(code: Int, _ body: JSON) -> [UInt8]
  /// The gateway itself gives up.
  mutating func failed(_ failure: Failure) -> [UInt8]
}
