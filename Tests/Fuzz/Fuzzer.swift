internal import Deliberation
internal import Models
internal import Web

/// One input after the other for every reader, and what must hold whatever the input is.
package struct Fuzzer {
  private var mutator: Mutator
  private var values = 0
  private var answers = 0
  private var events = 0

  package init(seed: UInt64) { mutator = Mutator(seed: seed) }

  /// How often something could be read: a fuzzer whose inputs are all refused at once tests little.
  package var summary: String { "\(values) JSON values, \(events) events, \(answers) answers" }
  package var hasRead: Bool { values > 0 && answers > 0 && events > 0 }

  private static let now = Moment(milliseconds: 1_790_000_000_000)
  /// Larger than any input: what is too large is told apart by the piece that makes it so.
  private static let limit = 10_000

  /// What was wrong; nil: nothing.
  package mutating func step() -> String? {
    let format: ProviderFormat = mutator.below(2) == 0 ? .openai : .anthropic
    let bytes = mutator.mutate(format == .openai ? Corpus.openAI : Corpus.anthropic, Corpus.words)
    let pieces = mutator.pieces(bytes)
    return json(bytes) ?? stream(bytes, pieces) ?? answer(format, bytes, pieces)
  }

  /// A value that was read is written and read again as the same.
  private mutating func json(_ bytes: [UInt8]) -> String? {
    let lines = bytes.split(separator: 0x0A).map { $0.starts(with: Array("data: ".utf8)) ? $0.dropFirst(6) : $0 }
    for text in [bytes] + lines.map(Array.init) {
      guard let value = try? JSON.parse(text) else { continue }
      values += 1
      guard let again = try? JSON.parse(value.bytes), again == value else {
        return "a JSON value is not what it was when it is read again: \(text)"
      }
    }
    return nil
  }

  /// The events are the same wherever the bytes are cut.
  private mutating func stream(_ bytes: [UInt8], _ pieces: [[UInt8]]) -> String? {
    var whole = SSEParser(limit: Self.limit)
    var cut = SSEParser(limit: Self.limit)
    let expected = whole.feed(bytes)
    let seen = pieces.flatMap { cut.feed($0) }
    events += expected.count
    if whole.isOverfull == cut.isOverfull, expected == seen { return nil }
    return "the events depend on where the bytes are cut: \(bytes)"
  }

  /// An answer or a failure, the same wherever the bytes are cut, and no more than was sent.
  private mutating func answer(_ format: ProviderFormat, _ bytes: [UInt8], _ pieces: [[UInt8]]) -> String? {
    let status = [200, 200, 200, 400, 429, 503][mutator.below(6)]
    let type = ["text/event-stream", "application/json", "text/plain", ""][mutator.below(4)]
    func read(_ pieces: [[UInt8]]) -> (ProviderAnswer, ProviderFailure?, String) {
      var reader = AnswerReader(format: format, scrubber: Scrubber([Secret("sk-fuzz-1")]), limit: Self.limit)
      reader.head(status: status, headers: [("content-type", type), ("retry-after", "7")])
      var text = ""
      for piece in pieces where !reader.isOver { text += reader.feed(piece)?.text ?? "" }
      let failure = reader.end(now: Self.now)
      return (reader.answer, failure, text)
    }
    let (whole, verdict, _) = read(bytes.isEmpty ? [] : [bytes])
    let (cut, cutVerdict, text) = read(pieces)
    if verdict == nil { answers += 1 }
    guard verdict?.reason == cutVerdict?.reason else {
      return "the verdict depends on where the bytes are cut: \(bytes)"
    }
    if verdict == nil {
      guard whole == cut else { return "the answer depends on where the bytes are cut: \(bytes)" }
      guard whole.finishReason != nil else { return "an answer without a finish reason is complete: \(bytes)" }
    }
    guard text.isEmpty || cut.content.hasPrefix(text) else { return "what was shown is not what was said: \(bytes)" }
    // replaced characters and escapes of one letter are the only things that grow
    guard whole.content.utf8.count <= 3 * bytes.count else { return "an answer is longer than what was sent: \(bytes)" }
    return nil
  }
}
