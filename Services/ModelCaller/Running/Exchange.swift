internal import Deliberation
internal import Models
internal import Threads
internal import Web

/// One request and what comes back, read on the HTTP client's thread; the lane hears of pieces and of the end.
// Unchecked because everything but `transfer` is touched only by the events of one transfer, which come one after the
// other on the client's thread.
final class Exchange: @unchecked Sendable {
  private let attempt: Attempt
  private let mailbox: Mailbox
  private let transfer = Lock<Transfer?>(nil)
  private var reader: AnswerReader
  private var firstToken: Moment?
  private var hasEnded = false
  /// Bytes of text, reasoning and calls of functions so far: by them the cost is watched while no usage is known.
  private var written = 0
  private let promptCost: Double

  /// Rather too few than too many bytes a token: a budget that is guessed must not be passed.
  private static let bytesPerToken = 4.0

  init(_ attempt: Attempt, reader: AnswerReader, mailbox: Mailbox) {
    self.attempt = attempt
    self.reader = reader
    self.mailbox = mailbox
    let price = attempt.route.price
    promptCost =
      price.request + Double(attempt.command.promptBytes + attempt.work.bytes) / Self.bytesPerToken * price.input / 1e6
  }

  /// Whether not even the question can be paid.
  var isUnaffordable: Bool { attempt.budget.map { promptCost > $0 && promptCost > 0 } ?? false }

  func runs(on transfer: Transfer) {
    let isOver = self.transfer.withLock { current in
      current = transfer
      return hasBeenStopped
    }
    if isOver { transfer.cancel() }
  }

  private var hasBeenStopped = false

  /// Closes the connection; the end that follows says what was received. From any thread.
  func stop() {
    let current = transfer.withLock { transfer in
      hasBeenStopped = true
      return transfer
    }
    current?.cancel()
  }

  func happened(_ event: HTTPEvent) {
    guard !hasEnded else { return }
    switch event {
    case .head(let status, let headers):
      reader.head(status: status, headers: headers)
      if attempt.isProbe, status < 500 {
        mailbox.post(.answered(serial: attempt.serial, number: attempt.number))
      }
      if let limits = RateLimits.read(headers, now: Clock.now()) {
        mailbox.post(.told(serial: attempt.serial, number: attempt.number, limits))
      }
    case .body(let bytes):
      if let delta = reader.feed(bytes) { came(delta) }
      // the connection is left to its end where the stream said that it is done, so that it can be used again
      if !hasEnded, reader.isOver { end(reader.end(now: Clock.now())) }
    case .done:
      if firstToken == nil { firstToken = Clock.now() }
      end(reader.end(now: Clock.now()))
    case .failed(let error): end(reader.cut(Self.failure(error), now: Clock.now()))
    }
  }

  private func came(_ delta: AnswerDelta) {
    if firstToken == nil {
      firstToken = Clock.now()
      if attempt.route.hedge != nil { mailbox.post(.spoke(serial: attempt.serial, number: attempt.number)) }
    }
    if attempt.command.stream != nil {
      mailbox.post(.delta(serial: attempt.serial, number: attempt.number, delta))
    }
    guard let budget = attempt.budget else { return }
    written += delta.bytes
    let cost = promptCost + Double(written) / Self.bytesPerToken * attempt.route.price.output / 1e6
    guard cost > budget else { return }
    end(.overBudget("stopped at about \(cost) USD of the \(budget) that it may cost"))
    stop()
  }

  private func end(_ failure: ProviderFailure?) {
    hasEnded = true
    mailbox.post(
      .ended(
        serial: attempt.serial, number: attempt.number, reader.answer, failure, firstToken: firstToken))
    if failure != nil { stop() }
  }

  /// It could not even be sent.
  func refuse(_ failure: ProviderFailure) {
    guard !hasEnded else { return }
    end(failure)
  }

  private static func failure(_ error: HTTPError) -> ProviderFailure {
    let text = error.description
    switch error {
    case .timeout(.firstByte):
      return ProviderFailure(.timeout, message: text, remedy: .later, stayedSilent: true)
    case .timeout(let bound):
      // one that was over the call's own time may still have been answering
      return ProviderFailure(.timeout, message: text, remedy: .later, brokeOff: bound == .idle)
    case .bodyTooLarge: return ProviderFailure(.tooLarge, message: text, remedy: .none)
    case .invalidRequest, .insecure, .headersTooLarge, .forbidden:
      return ProviderFailure(.upstreamError, message: text, remedy: .elsewhere)
    case .cancelled, .clientStopped: return .cancelled(text)
    case .cut: return ProviderFailure(.upstreamError, message: text, remedy: .later, brokeOff: true)
    case .unresolved, .unreachable, .malformed, .busy, .other:
      return ProviderFailure(.upstreamError, message: text, remedy: .later)
    }
  }
}
