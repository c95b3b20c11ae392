/// The records that a producer has taken and the brokers have not acknowledged yet, in the order they were sent.
struct PendingRecords {
  typealias Acknowledged = @Sendable (Result<Position, BusError>) -> Void

  struct Pending {
    let record: Outgoing
    let acknowledged: Acknowledged
    let since: ContinuousClock.Instant
  }

  private(set) var records: [UInt: Pending] = [:]
  private(set) var bytes = 0
  /// Numbers that no handle holds, ascending: they go first, so that order is kept.
  private var waiting = FIFO<UInt>()
  /// The same, as they came back: put in their places all at once, when the next one is asked for.
  private var again: [UInt] = []
  /// Those of topics that the brokers do not let us write now.
  private(set) var stalled: [String: Stall] = [:]
  private var lastNumber: UInt = 0

  /// Records of one topic that wait until it can be written.
  struct Stall {
    var numbers: [UInt] = []
    let error: BusError
    /// When it is tried again.
    var until: ContinuousClock.Instant
    /// Some of them are under way to see whether it can be written by now.
    var isProbed = false
  }

  var count: Int { records.count }
  var isEmpty: Bool { records.isEmpty }
  var hasWaiting: Bool { !waiting.isEmpty || !again.isEmpty }
  var firstWaiting: (number: UInt, Pending)? {
    mutating get {
      putInPlace()
      guard let number = waiting.first, let pending = records[number] else { return nil }
      return (number, pending)
    }
  }

  mutating func add(_ pending: Pending) -> UInt {
    lastNumber += 1
    records[lastNumber] = pending
    bytes += pending.record.size
    return lastNumber
  }

  /// The last that was added waits.
  mutating func wait(_ number: UInt) { waiting.append(number) }
  mutating func popWaiting() {
    putInPlace()
    _ = waiting.popFirst()
  }

  mutating func remove(_ number: UInt) -> Pending? {
    guard let pending = records.removeValue(forKey: number) else { return nil }
    bytes -= pending.record.size
    return pending
  }

  /// A delivery failed in passing: the record takes its place among those that wait.
  mutating func waitAgain(_ number: UInt) {
    if records[number] != nil { again.append(number) }
  }

  private mutating func putInPlace() {
    guard !again.isEmpty else { return }
    again.sort()
    let others = waiting.removeAll()
    var merged: [UInt] = []
    merged.reserveCapacity(again.count + others.count)
    var (left, right) = (again[...], others[...])
    while let first = left.first, let second = right.first {
      merged.append(first < second ? left.removeFirst() : right.removeFirst())
    }
    waiting = FIFO(merged + left + right)
    again = []
  }

  /// The handle is gone: everything waits, in the order in which it was sent.
  mutating func waitAll() {
    waiting = FIFO(records.keys.sorted())
    again = []
    stalled = [:]
  }

  // MARK: Topics that cannot be written now

  /// The record's topic cannot be written: it waits, and what comes for that topic waits behind it.
  mutating func stall(_ number: UInt, _ error: BusError, until: ContinuousClock.Instant) {
    guard let topic = records[number]?.record.topic else { return }
    stalled[topic, default: Stall(error: error, until: until)].numbers.append(number)
    stalled[topic]?.isProbed = false
  }

  /// Waits behind others of its topic, where some do.
  mutating func stallsToo(_ number: UInt, _ topic: String) -> Bool {
    guard stalled[topic] != nil else { return false }
    stalled[topic]?.numbers.append(number)
    return true
  }

  /// The topic may be tried again: the first few go, and the rest once one of them was taken.
  mutating func tryAgain(_ topic: String, probe: Int, next: ContinuousClock.Instant) {
    guard var stall = stalled.removeValue(forKey: topic) else { return }
    // those that were sent to see came to nothing else
    if stall.isProbed, stall.numbers.isEmpty { return }
    stall.numbers.sort()
    again += stall.numbers.prefix(probe)
    stall.numbers.removeFirst(min(probe, stall.numbers.count))
    stall.until = next
    stall.isProbed = true
    stalled[topic] = stall
  }

  /// A record of the topic was taken.
  mutating func opened(_ topic: String) {
    guard let stall = stalled[topic], stall.isProbed else { return }
    stalled[topic] = nil
    again += stall.numbers
  }

  mutating func postpone(_ topic: String, until: ContinuousClock.Instant) { stalled[topic]?.until = until }

  mutating func removeAll() -> [Pending] {
    let all = records.keys.sorted().compactMap { records[$0] }
    records = [:]
    bytes = 0
    waiting = FIFO()
    again = []
    stalled = [:]
    return all
  }
}
