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
  private var lastNumber: UInt = 0

  var count: Int { records.count }
  var isEmpty: Bool { records.isEmpty }
  var hasWaiting: Bool { !waiting.isEmpty }
  var firstWaiting: (number: UInt, Pending)? {
    guard let number = waiting.first, let pending = records[number] else { return nil }
    return (number, pending)
  }

  mutating func add(_ pending: Pending) -> UInt {
    lastNumber += 1
    records[lastNumber] = pending
    bytes += pending.record.size
    return lastNumber
  }

  mutating func wait(_ number: UInt) { waiting.append(number) }
  mutating func popWaiting() { _ = waiting.popFirst() }

  mutating func remove(_ number: UInt) -> Pending? {
    guard let pending = records.removeValue(forKey: number) else { return nil }
    bytes -= pending.record.size
    return pending
  }

  /// A delivery failed in passing: the record takes its place among those that wait.
  mutating func waitAgain(_ number: UInt) {
    guard records[number] != nil else { return }
    waiting = FIFO((waiting.removeAll() + [number]).sorted())
  }

  /// The handle is gone: everything waits, in the order in which it was sent.
  mutating func waitAll() { waiting = FIFO(records.keys.sorted()) }

  mutating func removeAll() -> [Pending] {
    let all = records.keys.sorted().compactMap { records[$0] }
    records = [:]
    bytes = 0
    waiting = FIFO()
    return all
  }
}
