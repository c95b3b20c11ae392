internal import Threads

/// Lets so many in at a time; others wait in line for as long as they may. What is fetched is held in memory until it has
/// been read, so that this bounds the memory of all pages together.
final class FetchLine: Sendable {
  private struct State {
    var free: Int
    var waiting: [FirstEnd<Bool>] = []
  }

  private let state: Lock<State>
  private static let longest = 10_000

  init(_ places: Int) { state = Lock(State(free: places)) }

  /// nil: the time was over, or the task, before there was a place.
  func enter<Value: Sendable>(within limit: Duration, _ body: () async -> Value) async -> Value? {
    guard await enter(within: limit) else { return nil }
    defer { leave() }
    return await body()
  }

  private func enter(within limit: Duration) async -> Bool {
    let turn = FirstEnd<Bool>()
    let answer = state.withLock { state -> Bool? in
      if state.free > 0 {
        state.free -= 1
        return true
      }
      // who has given up stands in it until their turn comes
      guard state.waiting.count < Self.longest else { return false }
      state.waiting.append(turn)
      return nil
    }
    if let answer { return answer }
    let clock = Task {
      if (try? await Task.sleep(for: limit)) != nil { turn.come(false) }
    }
    defer { clock.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { turn.wait($0) }
    } onCancel: {
      turn.come(false)
    }
  }

  /// Hands the place on to the first who still waits.
  private func leave() {
    while let next = state.withLock({ state -> FirstEnd<Bool>? in
      if state.waiting.isEmpty { state.free += 1 }
      return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }) {
      if next.come(true) { return }
    }
  }
}
