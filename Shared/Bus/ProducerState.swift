/// What the threads that send and the producer's own thread share.
struct ProducerState {
  struct Warming {
    let topics: [String]
    let since: ContinuousClock.Instant
    let done: @Sendable (Result<Void, BusError>) -> Void
  }

  var pending = PendingRecords()
  /// Sends that wait for a place, and their bytes.
  private(set) var queue = FIFO<PendingRecords.Pending>()
  private(set) var queuedBytes = 0
  /// nil: being replaced, or closed.
  var handle: ProducerHandle?
  var partitions: [String: Int32] = [:]
  var warmings: [Warming] = []
  /// Refused before they went anywhere; told on the producer's thread.
  var refused: [(PendingRecords.Acknowledged, BusError)] = []
  var closeBy: ContinuousClock.Instant?
  var closedClean = false
  /// The producer's thread tells nothing any more.
  var hasEnded = false
  var isFatal = false
  /// Why no handle can write anything: the brokers do not give it its id.
  var denial: BusError?

  var isClosing: Bool { closeBy != nil }

  mutating func fail(_ acknowledged: @escaping PendingRecords.Acknowledged, _ error: BusError) {
    refused.append((acknowledged, error))
    handle?.wake()
  }

  /// Takes a record and hands it to librdkafka where nothing stands before it. Called with the lock held: that keeps the
  /// order, and librdkafka only queues.
  mutating func take(_ pending: PendingRecords.Pending) {
    let number = self.pending.add(pending)
    if self.pending.stallsToo(number, pending.record.topic) { return }
    if self.pending.hasWaiting || handle == nil || !hand(number, pending.record) {
      self.pending.wait(number)
      handle?.wake()
    }
  }

  /// Hands over what waits, at most `limit` records; false: something still waits.
  mutating func handWaiting(limit: Int) -> Bool {
    for _ in 0..<limit {
      guard pending.hasWaiting else { return true }
      guard let (number, next) = pending.firstWaiting else {
        pending.popWaiting()
        continue
      }
      if handle == nil || !hand(number, next.record) { return false }
      pending.popWaiting()
    }
    return !pending.hasWaiting
  }

  /// False: not now. A record that can never be written is refused, which counts as handed over.
  private mutating func hand(_ number: UInt, _ record: Outgoing) -> Bool {
    if let partition = record.partition {
      // librdkafka crashes on, or drops, what has no such partition; the number may come from outside
      guard let count = partitions[record.topic], partition < count || partition < 0 else { return false }
      guard partition >= 0 else {
        refuse(number, .noSuchPartition(topic: record.topic, partition: partition, has: count))
        return true
      }
    }
    guard let error = handle?.produce(record, number: number) else { return true }
    if error.isTooLarge {
      refuse(number, .tooLarge(topic: record.topic, bytes: record.size, limit: record.size - 1))
      return true
    }
    if error.isFatal { isFatal = true }
    if error.stallsItsTopic {
      pending.stall(number, error.asBusError("produce", topic: record.topic), until: .now + error.stall)
      return true
    }
    if error.isQueueFull || error.isFatal || error.isWorthSendingAgain { return false }
    refuse(number, error.asBusError("produce", topic: record.topic))
    return true
  }

  mutating func refuse(_ number: UInt, _ error: BusError) {
    guard let pending = pending.remove(number) else { return }
    refused.append((pending.acknowledged, error))
    handle?.wake()
  }

  /// Waits for a place, behind all who wait already.
  mutating func enqueue(_ pending: PendingRecords.Pending) {
    queue.append(pending)
    queuedBytes += pending.record.size
  }

  /// Whether nothing more may be handed over: the brokers must have been away for long.
  func isFull(for size: Int) -> Bool {
    pending.count >= Tuning.maxPending || pending.bytes + size > Tuning.maxPendingBytes
  }

  /// Moves queued sends into places that have become free.
  mutating func admit() {
    while pending.count < Tuning.maxInFlight, let next = queue.first, !isFull(for: next.record.size) {
      _ = queue.popFirst()
      queuedBytes -= next.record.size
      take(next)
    }
  }

  mutating func removeQueue() -> [PendingRecords.Pending] {
    queuedBytes = 0
    return queue.removeAll()
  }
}
