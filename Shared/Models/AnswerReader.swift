package import Deliberation
internal import Web

/// Reads a provider's answer from the bytes of an HTTP response, as they come, whatever they are: a stream, one JSON
/// value, an error, a page of HTML. Ends in an answer or in a failure, never in a guess.
package struct AnswerReader: Sendable {
  private enum Shape: Sendable {
    case unknown, stream, whole, refusal
  }

  private var reader: any FormatReader
  private let scrubber: Scrubber
  private let limit: Int
  private var status = 0
  private var headers: [(String, String)] = []
  private var shape = Shape.unknown
  private var isShapeSeen = false
  private var body: [UInt8] = []
  private var parser: SSEParser
  private var received = 0
  private var broken: ProviderFailure?
  private var isRepaired = false

  /// What is kept of a body that is no answer.
  private static let refusalBytes = 65_536

  /// `limit` bounds everything that is received, decompressed.
  package init(format: ProviderFormat, scrubber: Scrubber, limit: Int) {
    switch format {
    case .openai: reader = OpenAIAnswer()
    case .anthropic: reader = AnthropicAnswer()
    }
    self.scrubber = scrubber
    self.limit = limit
    parser = SSEParser(limit: limit)
  }

  /// What was received so far.
  package var answer: ProviderAnswer {
    var answer = reader.answer
    answer.isRepaired = isRepaired
    return answer
  }

  /// Nothing that could still come would change anything: the transfer may be ended.
  package var isOver: Bool { broken != nil || (shape == .stream && (reader.isDone || reader.error != nil)) }

  package mutating func head(status: Int, headers: [(String, String)]) {
    self.status = status
    self.headers = headers
    guard (200...299).contains(status) else {
      shape = .refusal
      return
    }
    let type = headers.first { ASCIIText.isSame($0.0, "content-type") }?.1 ?? ""
    if ASCIIText.holds(type, "event-stream") {
      shape = .stream
    } else if ASCIIText.holds(type, "json") {
      shape = .whole
    }
  }

  /// The piece of the answer that these bytes bring, if any.
  package mutating func feed(_ bytes: [UInt8]) -> AnswerDelta? {
    guard broken == nil, !bytes.isEmpty else { return nil }
    received += bytes.count
    guard received <= limit else {
      guard !isComplete else {
        reader.done()
        return nil
      }
      broken = ProviderFailure(
        .tooLarge, status: status, message: "the provider sent more than \(limit) bytes", remedy: .none)
      body = []
      return nil
    }
    var bytes = bytes
    if !isShapeSeen, shape != .refusal {
      // what stands before it says nothing, wherever it is cut
      guard let start = bytes.firstIndex(where: { !Self.nothing.contains($0) }) else { return nil }
      bytes.removeFirst(start)
      look(bytes[0])
    }
    switch shape {
    case .unknown: return nil
    case .refusal:
      if body.count < Self.refusalBytes { body += bytes.prefix(Self.refusalBytes - body.count) }
      return nil
    case .whole:
      body += bytes
      return nil
    case .stream: return stream(bytes)
    }
  }

  private mutating func stream(_ bytes: [UInt8]) -> AnswerDelta? {
    var delta = AnswerDelta()
    for event in parser.feed(bytes) {
      guard !reader.isDone, reader.error == nil else { break }
      if event.data.elementsEqual(Self.done) {
        reader.done()
        break
      }
      if let piece = reader.text(of: event.data) {
        delta.append(piece)
        continue
      }
      do throws(JSONError) {
        if let piece = reader.event(try json(event.data), event.data) { delta.append(piece) }
      } catch {
        guard !isComplete else {
          reader.done()
          break
        }
        broken = ProviderFailure(
          .upstreamError, status: status, message: "the stream holds something that is \(error)", remedy: .later)
        break
      }
    }
    if parser.isOverfull, broken == nil, isComplete {
      reader.done()
    } else if parser.isOverfull, broken == nil {
      broken = ProviderFailure(
        .tooLarge, status: status, message: "one event of the stream has more than \(limit) bytes", remedy: .none)
    }
    return delta.isEmpty ? nil : delta
  }

  /// The provider has said why it finished: whatever follows changes nothing of the answer.
  private var isComplete: Bool { shape == .stream && reader.isComplete }

  /// Some servers put a byte order mark before their JSON, which says nothing and is no JSON.
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// What may stand before an answer.
  private static let nothing: [UInt8] = [0x20, 0x09, 0x0A, 0x0D] + mark
  private static let done = Array("[DONE]".utf8)

  /// Some providers cut a character in two: the answer is paid for and better with a replaced character than lost, but
  /// that it was replaced is told.
  private mutating func json(_ bytes: [UInt8]) throws(JSONError) -> JSON {
    let bytes = bytes.starts(with: Self.mark) ? Array(bytes.dropFirst(Self.mark.count)) : bytes
    do throws(JSONError) { return try JSON.parse(bytes) } catch {
      guard error.reason == .invalidUTF8 else { throw error }
      isRepaired = true
      return try JSON.parse(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// What the first byte says is believed rather than the content type: some servers answer whole where they call it a
  /// stream, and the other way round.
  private mutating func look(_ first: UInt8) {
    isShapeSeen = true
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "<"): shape = .whole
    case UInt8(ascii: ":"), UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "r"): shape = .stream
    default: if shape == .unknown { shape = .stream }
    }
  }

  /// The transfer is over; nil: the provider finished and the answer is complete.
  package mutating func end(now: Moment) -> ProviderFailure? {
    if let broken { return broken }
    switch shape {
    case .refusal:
      return Classification.failure(status: status, headers: headers, body: body, scrubber: scrubber, now: now)
    case .unknown:
      return ProviderFailure(
        .upstreamError, status: status, message: "the provider answered \(status) and nothing else", remedy: .later)
    case .whole:
      do throws(JSONError) {
        reader.whole(try json(body))
      } catch {
        let what = body.first { $0 > 0x20 } == UInt8(ascii: "<") ? "a page of HTML" : "\(error)"
        body = []
        return ProviderFailure(
          .upstreamError, status: status, message: "the provider answered \(status) with \(what)", remedy: .later)
      }
      body = []
      return verdict("the answer has no finish reason", now)
    case .stream: return verdict("the stream ended before the model had finished", now)
    }
  }

  /// The transfer broke, for a reason of the network's or of ours. What was complete before counts as complete.
  package mutating func cut(_ failure: ProviderFailure, now: Moment) -> ProviderFailure? {
    if let broken { return broken }
    guard shape == .stream, reader.error != nil || reader.answer.finishReason != nil else {
      var failure = failure
      if failure.status == nil, status != 0 { failure.status = status }
      return failure
    }
    return verdict(failure.message, now)
  }

  private func verdict(_ unfinished: String, _ now: Moment) -> ProviderFailure? {
    if let error = reader.error {
      var failure = Classification.failure(error: error, scrubber: scrubber)
      if failure.remedy == .later, let wait = RetryAfter.milliseconds(headers, now: now) {
        failure.retryAfter = wait
      }
      return failure
    }
    let answer = reader.answer
    switch answer.finishReason {
    case nil: return ProviderFailure(.upstreamError, status: status, message: unfinished, remedy: .later)
    case "error":
      return ProviderFailure(
        .upstreamError, status: status, message: "the provider stopped with an error and did not say which",
        remedy: .later)
    case "content_filter":
      return ProviderFailure(
        .contentFilter, status: status, message: "the provider's filter stopped the answer", remedy: .none)
    default: break
    }
    if answer.content.isEmpty, answer.toolCalls.isEmpty, !answer.refusal.isEmpty {
      return ProviderFailure(
        .contentFilter, status: status, message: scrubber.clean("the model refused: \(answer.refusal)"), remedy: .none)
    }
    return nil
  }
}
