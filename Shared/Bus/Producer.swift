package import Telemetry
internal import Threads

/// Writes records, each acknowledged by all replicas, in the order sent per partition. Thousands may be under way; what
/// the brokers do not acknowledge is sent again, by a new handle where librdkafka's gave up, until `close`. A record may
/// so stand in the log twice; derived ids absorb it.
package final class Producer: Sendable {
  let state: Lock<ProducerState>
  let log: Log
  let properties: [(String, String)]
  let measures: ProducerMeasures
  let finished = Latch()
  private let recordBytes: Int

  /// Starts at once. Throws only for properties that librdkafka refuses: brokers may come later.
  package init(_ settings: BusSettings, client: String, log: Log, metrics: Metrics) throws(BusError) {
    self.log = log.with(("client", client))
    properties = try ClientProperties.producer(settings, client: client)
    recordBytes = settings.recordBytes
    let state = Lock(ProducerState())
    self.state = state
    measures = ProducerMeasures(metrics, client: client, state: state)
    let handle = try ProducerHandle(properties, HandleCallbacks(log: self.log))
    state.withLock { $0.handle = handle }
    let loop = ProducerLoop(self, handle)
    _ = NamedThread.start("bus-producer") { loop.run() }
  }

  /// Returns when the metadata of all these topics is known, so that the first record to each goes out at once. Waits
  /// while no broker can be reached; a topic that does not exist is an error after half a minute.
  package func warm(_ topics: [String]) async throws(BusError) {
    let result: Result<Void, BusError> = await withCheckedContinuation { continuation in
      let closed = state.withLock { state in
        if state.isClosing { return true }
        state.warmings.append(.init(topics: topics, since: .now) { continuation.resume(returning: $0) })
        state.handle?.wake()
        return false
      }
      if closed { continuation.resume(returning: .failure(.closed)) }
    }
    try result.get()
  }

  /// Never blocks. `acknowledged` is called once, on the producer's thread (after `close` on the caller's). Fails only
  /// for what can never be written, or after `close`: what the brokers do not take now, for want of access or of the
  /// topic too, is kept and sent again. Who sends bounds what waits by `inFlight` and `bytesInFlight`; beyond
  /// `Tuning.maxPending` it waits here rather than in librdkafka.
  package func send(
    _ record: Outgoing, _ acknowledged: @escaping @Sendable (Result<Position, BusError>) -> Void
  ) {
    let acknowledged = Sending.traced(record, acknowledged)
    let size = record.size
    let hasEnded = state.withLock { state in
      if state.hasEnded { return true }
      if state.isClosing {
        state.fail(acknowledged, .closed)
      } else if size > recordBytes {
        state.fail(acknowledged, .tooLarge(topic: record.topic, bytes: size, limit: recordBytes))
      } else if !state.queue.isEmpty || state.isFull(for: size) {
        state.enqueue(.init(record: record, acknowledged: acknowledged, since: .now))
      } else {
        state.take(.init(record: record, acknowledged: acknowledged, since: .now))
      }
      return false
    }
    if hasEnded { acknowledged(.failure(.closed)) }
  }

  /// The same, but waits for a place while `Tuning.maxInFlight` are under way. Returns when the record is acknowledged,
  /// however long the brokers are away, whether or not the task is cancelled.
  package func send(_ record: Outgoing) async throws(BusError) -> Position {
    let size = record.size
    guard size <= recordBytes else { throw .tooLarge(topic: record.topic, bytes: size, limit: recordBytes) }
    let result: Result<Position, BusError> = await withCheckedContinuation { continuation in
      let pending = PendingRecords.Pending(
        record: record, acknowledged: { continuation.resume(returning: $0) }, since: .now)
      let hasEnded = state.withLock { state in
        if state.hasEnded { return true }
        if state.isClosing {
          state.fail(pending.acknowledged, .closed)
        } else if state.pending.count >= Tuning.maxInFlight || !state.queue.isEmpty || state.isFull(for: size) {
          state.enqueue(pending)
        } else {
          state.take(pending)
        }
        return false
      }
      if hasEnded { pending.acknowledged(.failure(.closed)) }
    }
    return try result.get()
  }

  /// Records that were taken and are not acknowledged yet.
  package var inFlight: Int { state.withLock { $0.pending.count + $0.queue.count } }

  /// Their size: keys, values and headers.
  package var bytesInFlight: Int { state.withLock { $0.pending.bytes + $0.queuedBytes } }

  /// Why records wait although brokers answer: no access, to anything or to a topic, or there is none of that name. nil:
  /// none do.
  package var refusal: BusError? {
    state.withLock { state in state.denial ?? state.pending.stalled.min { $0.key < $1.key }?.value.error }
  }

  /// As last heard; nil before the topic was warmed.
  package func partitions(of topic: String) -> Int32? { state.withLock { $0.partitions[topic] } }

  /// Takes nothing more and returns when everything is acknowledged, or the time is over; then what is left fails with
  /// `.closed`. True: everything was acknowledged. Blocks: not on the cooperative pool.
  @discardableResult
  package func close(within limit: Duration) -> Bool {
    state.withLock { state in
      if !state.isClosing {
        state.closeBy = .now + limit
        state.handle?.wake()
      }
    }
    // the loop keeps the deadline; the second on top is for a poll under way and the handle's end
    if !finished.wait(limit + .seconds(1)) { log.error("bus.producer.close.late", ("limit", limit)) }
    return state.withLock { $0.closedClean }
  }
}
