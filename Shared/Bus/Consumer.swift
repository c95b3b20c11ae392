package import Telemetry
internal import Threads

/// Reads partitions on a thread of its own: an event loop that polls and tells its receiver what comes. A paused or slow
/// receiver never stops the polling. A handle that librdkafka gives up is replaced while running: the receiver sees its
/// partitions lost, then assigned again.
///
/// It lives until `stop`, which must be called.
// Unchecked because `inbox` is locked and everything else is touched by the loop's thread alone.
package final class Consumer: @unchecked Sendable {
  let settings: BusSettings
  let client: String
  let subscription: Subscription
  let log: Log
  let measures: ConsumerMeasures
  let onFatal: @Sendable (BusError) -> Void
  let properties: [(String, String)]
  let inbox: Lock<ConsumerInbox>
  let released = Latch()
  let finished = Latch()

  // what follows belongs to the loop
  var handle: ConsumerHandle?
  var receiver: (any Receiver)?
  var held: [TopicPartition: HeldPartition] = [:] { didSet { lastRead = nil } }
  /// Of the record before: the next is mostly of the same partition.
  var lastRead: HeldPartition?
  var epoch = 0
  var commits = PendingCommits()
  var disposal = Disposal()
  var fences = Fences()
  var isFatal = false
  /// Handed out, and not assigned yet because no broker has answered.
  var mustAssign = false
  /// Something happened outside of records and commands.
  var isStirred = false
  /// A connection was lost since a broker last answered.
  var isDoubtful = false
  var unanswered = 0
  var askedAgain: ContinuousClock.Instant?
  var askedForPaused: ContinuousClock.Instant?
  var checked = ContinuousClock.now

  /// Starts at once; the receiver is made on the loop's thread. Throws only for properties that librdkafka refuses:
  /// brokers may come later. `onFatal` is called, on the loop's thread, when the consumer cannot go on for a reason that
  /// a new handle does not mend: the process should end then, saying why.
  package convenience init(
    _ settings: BusSettings, client: String, subscription: Subscription,
    receiver: @escaping @Sendable () -> any Receiver, log: Log, metrics: Metrics,
    onFatal: @escaping @Sendable (BusError) -> Void = { _ in }
  ) throws(BusError) {
    try self.init(
      settings, client: client, subscription: subscription, overriding: [], receiver: receiver, log: log,
      metrics: metrics, onFatal: onFatal)
  }

  /// `overriding`: properties of librdkafka that settings may not change.
  init(
    _ settings: BusSettings, client: String, subscription: Subscription, overriding: [(String, String)],
    receiver: @escaping @Sendable () -> any Receiver, log: Log, metrics: Metrics,
    onFatal: @escaping @Sendable (BusError) -> Void = { _ in }
  ) throws(BusError) {
    self.settings = settings
    self.client = client
    self.subscription = subscription
    self.log = log.with(("client", client))
    self.onFatal = onFatal
    let inbox = Lock(ConsumerInbox())
    self.inbox = inbox
    measures = ConsumerMeasures(metrics, client: client) { inbox.withLock { $0.isReachable && $0.isAssigned } }
    properties = try ClientProperties.consumer(settings, client: client, subscription: subscription) + overriding
    let handle = try ConsumerHandle(properties, HandleCallbacks(log: self.log))
    self.handle = handle
    inbox.withLock { $0.handle = handle }
    _ = NamedThread.start("bus-consumer") { self.run(receiver) }
  }

  /// Runs `body` on the loop soon, from any thread; after `stop` never.
  package func perform(_ body: @escaping @Sendable (Consumer) -> Void) {
    let handle = inbox.withLock { inbox in
      inbox.commands.append(body)
      // the first wakes it, and the rest are found with it
      return inbox.commands.count == 1 ? inbox.handle : nil
    }
    // not with the lock held, which is the first thing that the loop wants
    if let handle { Turn.atEnd(handle) { handle.wake() } }
  }

  /// Gives the partitions back (`revoked`, not lost), leaves the group and ends, from any thread but the loop's. Blocks,
  /// at most about that long: what has not ended by then is left to the end of the process.
  package func stop(within limit: Duration) {
    askToStop(within: limit)
    if !finished.wait(limit) { log.error("bus.consumer.stop.late", ("limit", limit)) }
  }

  /// Begins to `stop`, and returns as soon as the receiver is told nothing more: what it did goes on elsewhere while the
  /// group is left, which can take long. False: that has not come within the limit.
  package func release(within limit: Duration) -> Bool {
    askToStop(within: limit)
    return released.wait(limit)
  }

  private func askToStop(within limit: Duration) {
    inbox.withLock { inbox in
      if inbox.stopBy == nil { inbox.stopBy = .now + limit }
      inbox.handle?.wake()
    }
  }

  /// A broker is reachable and the partitions are assigned (a group may have given none). From any thread.
  package var isConnected: Bool { inbox.withLock { $0.isReachable && $0.isAssigned } }

  // MARK: on the loop's thread only

  /// The partition's records stop at once; what was fetched ahead is dropped.
  package func pause(_ partition: TopicPartition) {
    guard let state = held[partition], !state.isPaused else { return }
    state.isPaused = true
    handle?.pause(partition)
  }

  /// The partition's records come again, from that offset on, within a few milliseconds.
  package func resume(_ partition: TopicPartition, at offset: Int64) {
    guard let state = held[partition] else { return }
    state.next = .offset(offset)
    let wasPaused = state.isPaused
    state.isPaused = false
    if wasPaused {
      moved(partition, handle?.resume(partition, at: .offset(offset)))
    } else {
      moved(partition, handle?.seek(partition, .offset(offset)))
    }
  }

  /// Reading goes on there; `.committed` means the group's committed offset, asked for now.
  package func seek(_ partition: TopicPartition, _ start: StartAt) {
    guard let state = held[partition] else { return }
    state.next = resolved(partition, start)
    if !state.isPaused { moved(partition, handle?.seek(partition, state.next)) }
  }

  /// Commits with text of at most `Tuning.commitMetadata` characters. `done` is called later, on the loop.
  package func commit(
    _ offsets: [(TopicPartition, Int64, String)], _ done: @escaping (Result<Void, BusError>) -> Void
  ) {
    let number = commits.add(done)
    if let refusal = refusal(offsets) {
      commits.finishLater(number, .failure(refusal))
    } else if let handle {
      if let error = handle.commit(offsets.map { ($0, $1, $2) }, number: number) {
        commits.finishLater(number, .failure(error.asBusError("commit")))
      }
    } else {
      commits.finishLater(number, .failure(.closed))
    }
  }

  /// Commits and waits for the answer, at most two seconds: for `revoked`.
  package func commitNow(_ offsets: [(TopicPartition, Int64, String)]) throws(BusError) {
    if let refusal = refusal(offsets) { throw refusal }
    guard let handle else { throw .closed }
    do throws(KafkaError) {
      try handle.commitNow(offsets.map { ($0, $1, $2) }, within: Tuning.question)
    } catch {
      throw error.asBusError("commit")
    }
  }

  /// The partition's first offset and the one after its last, from the broker; waits at most two seconds.
  package func ends(_ partition: TopicPartition) throws(BusError) -> (low: Int64, high: Int64) {
    guard let ends = try ends([partition])[partition] else { throw .closed }
    return ends
  }

  /// The same for many partitions at once, which takes no longer than for one.
  package func ends(
    _ partitions: [TopicPartition]
  ) throws(BusError) -> [TopicPartition: (low: Int64, high: Int64)] {
    guard let handle else { throw .closed }
    do throws(KafkaError) {
      return try handle.ends(partitions, within: Tuning.question)
    } catch {
      throw error.asBusError(
        "ends of \(partitions.map(\.description).joined(separator: ", "))", topic: partitions.first?.topic)
    }
  }

  /// The first offset whose record is of that time or later, from the broker; nil: none is, or the broker cannot tell
  /// (the embedded one cannot). Waits at most two seconds.
  package func offset(_ partition: TopicPartition, atTime milliseconds: Int64) throws(BusError) -> Int64? {
    guard let handle else { throw .closed }
    do throws(KafkaError) {
      return try handle.offset(partition, atTime: milliseconds, within: Tuning.question)
    } catch {
      throw error.asBusError("offset of \(partition) by time", topic: partition.topic)
    }
  }

  /// Between two tries of a question that a receiver cannot do without: a short pause. False where no answer would be of
  /// use any more: the consumer is to stop, its handle is given up, or the assignment is lost.
  package func mayAskAgain() -> Bool {
    guard let handle, inbox.withLock({ $0.stopBy == nil }) else { return false }
    if handle.fatalError != nil || handle.isAssignmentLost { return false }
    Pause.milliseconds(Tuning.betweenQuestions)
    return true
  }

  private func refusal(_ offsets: [(TopicPartition, Int64, String)]) -> BusError? {
    if case .assigned(_, nil) = subscription { return .noGroup }
    for (partition, _, metadata) in offsets {
      if held[partition] == nil { return .notAssigned(partition) }
      let characters = metadata.utf8.count
      if characters > Tuning.commitMetadata { return .metadataTooLong(partition, characters: characters) }
    }
    return nil
  }

  /// A seek that librdkafka refuses (the partition was only just assigned, or stands still after a lost position) is
  /// done by assigning everything anew, each partition where it stands.
  func moved(_ partition: TopicPartition, _ error: KafkaError?) {
    guard let error else { return }
    log.debug("bus.seek.refused", ("partition", partition), ("error", error.name))
    assignAnew()
  }
}
