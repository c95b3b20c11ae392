internal import Bus
internal import Deliberation
internal import Threads

/// What connects the one who waits for an answer with the reader that runs on a thread of its own.
final class AskFollower: Sendable {
  /// Writes an ask: its id, and another model than the one asked for.
  typealias Send = @Sendable (_ id: String, _ model: String?) -> Void

  private struct State {
    var waiting: CheckedContinuation<Result<AskOutcome, CommandError>, Never>?
    var early: Result<AskOutcome, CommandError>?
    var send: Send?
    var isPositioned = false
  }

  private let state = Lock(State())
  private let topics: Topics
  private let fused: String
  private let alone: String?

  init(topics: Topics, fused: String, alone: String?) {
    self.topics = topics
    self.fused = fused
    self.alone = alone
  }

  func receiver() -> any Receiver {
    AskReader(
      topics: topics, fused: fused, alone: alone, isTerminal: Output.errorIsTerminal,
      positioned: { [self] in positioned() },
      sendAlone: { [self] model in if let alone { state.withLock { $0.send }?(alone, model) } },
      done: { [self] in finish($0) })
  }

  func fail(_ why: String) { finish(.failure(.failed(why))) }

  /// Sends the ask when the reader is in its place, and returns what came of it.
  func outcome(send: @escaping Send) async -> Result<AskOutcome, CommandError> {
    await withCheckedContinuation { continuation in
      let (early, isPositioned) = state.withLock { state in
        state.send = send
        if state.early == nil { state.waiting = continuation }
        return (state.early, state.isPositioned)
      }
      if let early { continuation.resume(returning: early) } else if isPositioned { send(fused, nil) }
    }
  }

  private func positioned() {
    let send = state.withLock { state in
      defer { state.isPositioned = true }
      return state.isPositioned ? nil : state.send
    }
    send?(fused, nil)
  }

  private func finish(_ result: Result<AskOutcome, CommandError>) {
    let waiting = state.withLock { state in
      if state.early == nil { state.early = result }
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(returning: result)
  }
}
