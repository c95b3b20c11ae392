internal import Deliberation

/// What a wire format does with an answer: it reads it whole or event by event and keeps what came so far.
protocol FormatReader: Sendable {
  var answer: ProviderAnswer { get }
  /// An error that the provider put where an answer belongs.
  var error: JSON? { get }
  /// The stream said that nothing follows.
  var isDone: Bool { get }

  mutating func whole(_ json: JSON)
  /// The data of one event of a stream, where that brings text and is like one before: the quick way.
  mutating func text(of data: [UInt8]) -> AnswerDelta?
  /// The same of any event, read whole.
  mutating func event(_ json: JSON, _ data: [UInt8]) -> AnswerDelta?
  /// The stream's own word for its end was read.
  mutating func done()
}

extension FormatReader {
  /// The provider has said why it finished, and it was no error.
  var isComplete: Bool { answer.finishReason.map { $0 != "error" } ?? false }

  mutating func text(of data: [UInt8]) -> AnswerDelta? { nil }
}
