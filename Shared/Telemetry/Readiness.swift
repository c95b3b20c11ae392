internal import Threads

/// Whether a process can do its work now: every part that must be up first adds a condition and keeps it true.
package final class Readiness: Sendable {
  /// One thing that must hold before the process is ready.
  package struct Condition: Sendable {
    let index: Int
    let readiness: Readiness

    package func met() { readiness.set(index, nil) }

    /// `why` is shown to whoever asks, so it says what is missing.
    package func unmet(_ why: String) { readiness.set(index, why) }
  }

  private struct Entry {
    let name: String
    var why: String?
  }

  private struct State {
    var entries: [Entry] = []
    var watchers: [@Sendable () -> Void] = []
  }

  private let state = Lock(State())

  package init() {}

  /// Adds a condition. A name that is there already gives the same condition again, with the state it has.
  package func condition(_ name: String, initially why: String = "starting") -> Condition {
    let (index, closed) = state.withLock { state in
      if let known = state.entries.firstIndex(where: { $0.name == name }) { return (known, false) }
      let wasReady = Self.isReady(state)
      state.entries.append(Entry(name: name, why: why))
      return (state.entries.count - 1, wasReady)
    }
    if closed { tell() }
    return Condition(index: index, readiness: self)
  }

  package var unmet: [(name: String, why: String)] {
    state.withLock { state in
      state.entries.compactMap { entry in entry.why.map { (entry.name, $0) } }
    }
  }

  /// Ready is: there are conditions, and all of them hold.
  package var isReady: Bool { state.withLock { Self.isReady($0) } }

  /// Calls `body` after each change between ready and not ready, on the thread that made it. It asks `isReady` itself:
  /// two changes may be told in either order, and the answer is then right both times.
  package func onChange(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.watchers.append(body) }
  }

  private static func isReady(_ state: State) -> Bool {
    !state.entries.isEmpty && state.entries.allSatisfy { $0.why == nil }
  }

  private func set(_ index: Int, _ why: String?) {
    let changed = state.withLock { state in
      let before = Self.isReady(state)
      state.entries[index].why = why
      return before != Self.isReady(state)
    }
    if changed { tell() }
  }

  private func tell() {
    for watcher in state.withLock({ $0.watchers }) { watcher() }
  }
}
