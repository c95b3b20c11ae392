internal import Deliberation
internal import Models
internal import Threads
internal import Tools

/// What other threads have for the one that owns a lane's calls. The owner is woken once for however much there is.
final class Mailbox: Sendable {
  enum Item: Sendable {
    case delta(serial: Int, number: Int, AnswerDelta)
    /// An answer begins.
    case spoke(serial: Int, number: Int)
    /// A probe's answer has begun.
    case answered(serial: Int, number: Int)
    case told(serial: Int, number: Int, RateLimits)
    case ended(serial: Int, number: Int, ProviderAnswer, ProviderFailure?, firstToken: Moment?)
    case used(serial: Int, number: Int, [ToolUse])
    /// What the cache has for a call.
    case found(serial: Int, [UInt8]?)
    case written(Receipt, Delivery)
    case heard(Signal)
  }

  private struct State {
    var items: [Item] = []
    var wake: (@Sendable () -> Void)?
  }

  private let state = Lock(State())

  /// Wakes the owner from now on; what is here already wakes it at once.
  func onMail(_ wake: (@Sendable () -> Void)?) {
    let isWaiting = state.withLock { state in
      state.wake = wake
      return !state.items.isEmpty
    }
    if isWaiting { wake?() }
  }

  func post(_ item: Item) {
    let wake = state.withLock { state -> (@Sendable () -> Void)? in
      state.items.append(item)
      return state.items.count == 1 ? state.wake : nil
    }
    wake?()
  }

  func take() -> [Item] {
    state.withLock { state in
      defer { state.items = [] }
      return state.items
    }
  }
}
