internal import Telemetry
internal import Threads

/// So many places for what takes long or asks others, shared between keys: where there are several, one has half of them
/// at the most.
final class Places: Sendable {
  private struct State {
    var all = 0
    var each: [Visitor: Int] = [:]
  }

  private let state = Lock(State())
  private let most: Int
  private let mostEach: Int
  private let setting: String
  private let taken: Gauge

  init(_ most: Int, setting: String, isShared: Bool, _ taken: Gauge) {
    self.most = most
    mostEach = isShared ? max(1, most / 2) : most
    self.setting = setting
    self.taken = taken
  }

  /// Takes a place, which is free again when whoever holds it lets go of it.
  func take(_ visitor: Visitor) throws(Failure) -> Place {
    let count = state.withLock { state -> Int? in
      guard state.all < most, state.each[visitor, default: 0] < mostEach else { return nil }
      state.all += 1
      state.each[visitor, default: 0] += 1
      return state.all
    }
    guard let count else {
      throw Failure(
        429, "rate_limit_exceeded", "As many of these are open as may be (\(setting)). Try again in a second.",
        retryAfter: 1)
    }
    taken.set(Double(count))
    return Place(self, visitor)
  }

  fileprivate func free(_ visitor: Visitor) {
    let count = state.withLock { state in
      state.all -= 1
      let left = state.each[visitor, default: 0] - 1
      state.each[visitor] = left > 0 ? left : nil
      return state.all
    }
    taken.set(Double(count))
  }

  final class Place: Sendable {
    private let places: Places
    private let visitor: Visitor

    fileprivate init(_ places: Places, _ visitor: Visitor) {
      self.places = places
      self.visitor = visitor
    }

    deinit { places.free(visitor) }
  }
}
