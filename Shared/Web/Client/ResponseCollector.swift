internal import Threads

/// Puts the events of a request together to one answer, for whoever waits for all of it.
final class ResponseCollector: Sendable {
  typealias Outcome = Result<HTTPResponse, HTTPError>

  private struct State {
    var status = 0
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    var waiter: CheckedContinuation<Outcome, Never>?
    var transfer: Transfer?
    var isCancelled = false
  }

  private let state = Lock(State())

  func wait(_ continuation: CheckedContinuation<Outcome, Never>) { state.withLock { $0.waiter = continuation } }

  func started(_ transfer: Transfer) {
    let isCancelled = state.withLock { state in
      state.transfer = transfer
      return state.isCancelled
    }
    if isCancelled { transfer.cancel() }
  }

  func cancel() {
    let transfer = state.withLock { state in
      state.isCancelled = true
      return state.transfer
    }
    transfer?.cancel()
  }

  func receive(_ event: HTTPEvent) {
    switch event {
    case .head(let status, let headers):
      state.withLock { state in
        state.status = status
        state.headers = headers
      }
    case .body(let bytes): state.withLock { $0.body.append(contentsOf: bytes) }
    case .done(let timings):
      end { state in
        .success(HTTPResponse(status: state.status, headers: state.headers, body: state.body, timings: timings))
      }
    case .failed(let error): end { _ in .failure(error) }
    }
  }

  private func end(_ outcome: (State) -> Outcome) {
    let (waiter, result) = state.withLock { state in
      defer { state.waiter = nil }
      return (state.waiter, outcome(state))
    }
    waiter?.resume(returning: result)
  }
}
