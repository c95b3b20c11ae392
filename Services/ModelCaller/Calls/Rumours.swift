internal import Deliberation

/// What other callers say on `signals` about calls that they run: named lately, or ended.
struct Rumours: Sendable {
  private var named: [String: Moment] = [:]
  private var namedOrder = Queue<(time: Moment, call: String)>()
  private var ended: Set<String> = []
  private var endedOrder = Queue<String>()

  /// How long a call that nobody names counts as running.
  let quiet: Int64
  private let limit: Int

  init(quiet: Int64, limit: Int) {
    self.quiet = quiet
    self.limit = limit
  }

  mutating func name(_ call: String, now: Moment) {
    named[call] = now
    namedOrder.append((now, call))
    while let first = namedOrder.first, now - first.time > quiet || namedOrder.count > limit {
      // a later naming of the same call stands further behind
      if named[first.call] == first.time { named[first.call] = nil }
      _ = namedOrder.popFirst()
    }
  }

  mutating func end(_ call: String) {
    named[call] = nil
    guard ended.insert(call).inserted else { return }
    endedOrder.append(call)
    while endedOrder.count > limit, let oldest = endedOrder.popFirst() { ended.remove(oldest) }
  }

  func hasEnded(_ call: String) -> Bool { ended.contains(call) }

  /// Until when a call may run elsewhere as far as one has heard; nil: nobody has named it lately.
  func runsElsewhere(_ call: String, now: Moment) -> Moment? {
    guard let time = named[call], now - time < quiet else { return nil }
    return time + quiet
  }
}
