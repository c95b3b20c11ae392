internal import Threads

/// What one waits for when several may end it: the first that comes counts, the others change nothing.
final class FirstEnd<Value: Sendable>: Sendable {
  private enum State {
    case early
    case waiting(CheckedContinuation<Value, Never>)
    /// Present until somebody waits for it.
    case come(Value?)
  }

  private let state = Lock(State.early)

  var hasCome: Bool { state.withLock { if case .come = $0 { true } else { false } } }

  func wait(_ continuation: CheckedContinuation<Value, Never>) {
    let value = state.withLock { state -> Value? in
      guard case .come(let value) = state else {
        state = .waiting(continuation)
        return nil
      }
      state = .come(nil)
      return value
    }
    if let value { continuation.resume(returning: value) }
  }

  /// True: it was the first.
  @discardableResult func come(_ value: Value) -> Bool {
    let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
      switch state {
      case .come: return (false, nil)
      case .early:
        state = .come(value)
        return (true, nil)
      case .waiting(let continuation):
        state = .come(nil)
        return (true, continuation)
      }
    }
    waiting?.resume(returning: value)
    return isFirst
  }
}
