import Deliberation
import Threads

/// The requests to cancel that were read: every dispatcher reads all of them, from the start, and acts on those whose
/// deliberation lives on a partition of its own, at once where it is open and else as soon as it is opened.
///
/// Filled by the thread that reads `cancels`, asked by the one that decides.
final class CancelBook: Sendable {
  private struct State {
    var entries: [String: [Dispatching.PendingCancel]] = [:]
    var order: [String] = []
    var head = 0
    var count: Int { order.count - head }
  }

  private let state = Lock(State())
  private let maximum: Int

  /// `maximum` requests are kept, the newest.
  init(maximum: Int) { self.maximum = maximum }

  /// False where the same request was read before.
  func add(_ deliberation: String, _ request: CancelRequested, source: String, id: String) -> Bool {
    let entry = Dispatching.PendingCancel(request: request, source: source, id: id)
    return state.withLock { state in
      guard state.entries[deliberation]?.contains(entry) != true else { return false }
      state.entries[deliberation, default: []].append(entry)
      state.order.append(deliberation)
      while state.count > maximum {
        let oldest = state.order[state.head]
        state.entries[oldest]?.removeFirst()
        if state.entries[oldest]?.isEmpty == true { state.entries[oldest] = nil }
        state.head += 1
      }
      if state.head > 1_024, state.head * 2 > state.order.count {
        state.order.removeFirst(state.head)
        state.head = 0
      }
      return true
    }
  }

  var count: Int { state.withLock { $0.count } }

  /// The requests about a deliberation.
  func requests(_ deliberation: String) -> [Dispatching.PendingCancel] {
    state.withLock { $0.entries[deliberation] } ?? []
  }
}
