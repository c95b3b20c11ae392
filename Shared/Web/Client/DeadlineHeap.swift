/// Which request must be looked at next. An entry may be early or belong to a request that has ended: whoever takes it
/// asks the request itself, so that a piece of an answer costs no entry.
struct DeadlineHeap {
  private struct Entry {
    let deadline: ContinuousClock.Instant
    let number: UInt64
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }
  var first: ContinuousClock.Instant? { entries.first?.deadline }

  mutating func add(_ deadline: ContinuousClock.Instant, _ number: UInt64) {
    entries.append(Entry(deadline: deadline, number: number))
    var child = entries.count - 1
    while child > 0, entries[child].deadline < entries[(child - 1) / 2].deadline {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Drops the entries of requests that have ended.
  mutating func keep(_ isAlive: (UInt64) -> Bool) {
    let kept = entries.filter { isAlive($0.number) }
    entries = []
    for entry in kept { add(entry.deadline, entry.number) }
  }

  /// The next one whose time has come.
  mutating func take(until now: ContinuousClock.Instant) -> UInt64? {
    guard let first = entries.first, first.deadline <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return first.number
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].deadline < entries[least].deadline { least = child }
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
