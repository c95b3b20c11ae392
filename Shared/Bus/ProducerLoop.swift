internal import Telemetry
internal import Threads

/// The producer's own thread: serves delivery reports, sends again, replaces a handle that gave up, and closes.
// Unchecked because everything but `producer` is touched by that thread alone, once it runs.
final class ProducerLoop: @unchecked Sendable {
  private let producer: Producer
  private var handle: ProducerHandle
  private var isGivenUp = false
  private var setbacks = Setbacks()
  /// When a new handle takes the place of the one that was given up.
  private var replaceAt: ContinuousClock.Instant?
  private var handleSince = ContinuousClock.now
  /// Topics whose records wait for access, or for the topic to be made, and when that was said.
  private var said: [String: ContinuousClock.Instant] = [:]
  private var disposal = Disposal()
  private var refreshed: [String: ContinuousClock.Instant] = [:]
  /// What one poll has brought of acknowledgements: settled together.
  private var written: [(number: UInt, position: Position)] = []

  init(_ producer: Producer, _ handle: ProducerHandle) {
    self.producer = producer
    self.handle = handle
    listen()
  }

  private func listen() {
    handle.callbacks.delivered = { [unowned self] number, result in delivered(number, result) }
    handle.callbacks.failed = { [unowned self] error in failed(error) }
  }

  func run() {
    while true {
      let hurry = producer.state.withLock { $0.pending.hasWaiting || $0.isClosing }
      Turn.run {
        handle.poll(hurry ? 5 : Tuning.longestPoll.milliseconds)
        settleWritten()
      }
      tellRefused()
      if producer.state.withLock({ $0.isFatal }) { replaceInTime() }
      forgetDenial()
      learnPartitions()
      tryStalled()
      producer.state.withLock { state in
        _ = state.handWaiting(limit: 1000)
        state.admit()
      }
      warm()
      tellRefused()
      disposal.check(producer.log)
      if shouldEnd() { break }
    }
    end()
  }

  private func delivered(_ number: UInt, _ result: Result<Position, KafkaError>) {
    switch result {
    case .success(let position):
      // once given up, librdkafka's word is not taken: it also acknowledges what only a broker that keeps sequences
      // would have written
      if isGivenUp { return }
      // Without an offset it is not the broker's word either: librdkafka concludes it from the success of a later batch.
      // A broker that knew nothing of this producer takes that one although an earlier one was refused (no leader for a
      // moment), so the record may stand nowhere. It is sent again; where it does stand, ids absorb the double.
      guard position.offset >= 0 else {
        producer.state.withLock { $0.pending.waitAgain(number) }
        producer.measures.again.add()
        producer.log.debug("bus.produce.again", ("error", "acknowledged without an offset"))
        return
      }
      written.append((number, position))
    case .failure(let error):
      if error.stallsItsTopic {
        producer.state.withLock { state in
          guard let topic = state.pending.records[number]?.record.topic else { return }
          state.pending.stall(number, error.asBusError("produce", topic: topic), until: .now + error.stall)
        }
        return
      }
      if error.isWorthSendingAgain {
        producer.state.withLock { state in
          state.pending.waitAgain(number)
          if error.isFatal { state.isFatal = true }
        }
        producer.log.debug("bus.produce.again", ("error", error.name))
        return
      }
      guard let pending = producer.state.withLock({ $0.pending.remove(number) }) else { return }
      producer.measures.refused(pending.record.topic)
      pending.acknowledged(.failure(refusal(error, pending.record)))
    }
  }

  private func settleWritten() {
    guard !written.isEmpty else { return }
    let settled = producer.state.withLock { state in
      written.map { number, _ in
        let pending = state.pending.remove(number)
        if let pending, !state.pending.stalled.isEmpty { state.pending.opened(pending.record.topic) }
        return pending
      }
    }
    setbacks.hasWritten()
    let now = ContinuousClock.now
    for (pending, (_, position)) in zip(settled, written) {
      guard let pending else { continue }
      producer.measures.latency.observe(pending.since.duration(to: now).seconds)
      producer.measures.written(pending.record.topic)
      pending.acknowledged(.success(position))
    }
    written.removeAll(keepingCapacity: true)
  }

  private func refusal(_ error: KafkaError, _ record: Outgoing) -> BusError {
    if error.isTooLarge { return .tooLarge(topic: record.topic, bytes: record.size, limit: record.size - 1) }
    return error.asBusError("produce", topic: record.topic)
  }

  private func failed(_ error: KafkaError) {
    if error.isFatal {
      isGivenUp = true
      producer.state.withLock { $0.isFatal = true }
    } else if error.isDenied {
      producer.log.error("bus.denied", ("error", error.name), ("text", error.text))
    } else {
      producer.log.debug("bus.producer.error", ("error", error.name), ("text", error.text))
    }
  }

  private func tellRefused() {
    let refused = producer.state.withLock { state in
      defer { state.refused = [] }
      return state.refused
    }
    for (acknowledged, error) in refused { acknowledged(.failure(error)) }
  }

  /// A handle that is not let in is given up as soon as it has asked.
  private func forgetDenial() {
    guard handleSince.duration(to: .now) > Tuning.denied else { return }
    producer.state.withLock { state in if !state.isFatal { state.denial = nil } }
  }

  private func replaceInTime() {
    let now = ContinuousClock.now
    let at = replaceAt ?? now + setbacks.pause()
    replaceAt = at
    let denial = handle.fatalError.flatMap { $0.isDenied ? $0.asBusError("a producer's id") : nil }
    producer.state.withLock { state in
      // meanwhile nothing more is handed to the old one
      state.handle = nil
      state.denial = denial
    }
    guard at <= now else { return }
    replaceAt = nil
    replace()
  }

  /// A new handle gets everything that the old one had not delivered, in order.
  private func replace() {
    let why = handle.fatalError
    let old = handle
    do throws(BusError) {
      handle = try ProducerHandle(producer.properties, HandleCallbacks(log: producer.log))
    } catch {
      producer.log.error("bus.producer.replace", ("error", error))
      return
    }
    isGivenUp = false
    handleSince = .now
    listen()
    producer.measures.replaced.add()
    disposal.start { old.destroy() }
    let known = producer.state.withLock { $0.partitions.keys.sorted() }
    for topic in known { learn(topic, within: .milliseconds(200)) }
    let again = producer.state.withLock { state in
      state.pending.waitAll()
      state.isFatal = false
      state.handle = handle
      return state.pending.count
    }
    producer.log.warning(
      "bus.producer.replaced", ("error", why?.name ?? "unknown"), ("text", why?.text ?? ""), ("again", again))
  }

  @discardableResult
  private func learn(_ topic: String, within limit: Duration) -> KafkaError? {
    do throws(KafkaError) {
      switch try handle.metadata(of: topic, within: limit).topics[topic] {
      case .success(let count):
        producer.state.withLock { $0.partitions[topic] = Int32(count) }
        return nil
      case .failure(let error): return error
      case nil: return KafkaError.unknownTopic
      }
    } catch {
      return error
    }
  }

  /// An explicit partition waits at the head: is there such a one? At most one question a second for each topic.
  private func learnPartitions() {
    guard let (number, next) = producer.state.withLock({ $0.pending.firstWaiting }),
      let partition = next.record.partition
    else { return }
    let topic = next.record.topic
    if let count = producer.partitions(of: topic), partition < count { return }
    let known = producer.partitions(of: topic)
    if let asked = refreshed[topic], asked.duration(to: .now) < (known == nil ? .milliseconds(200) : .seconds(1)) {
      guard let count = known else { return }
      refuse(number, next.record, .noSuchPartition(topic: topic, partition: partition, has: count))
      return
    }
    let error = learn(topic, within: .milliseconds(500))
    refreshed[topic] = .now
    if let error, error.stallsItsTopic {
      producer.state.withLock { state in
        state.pending.popWaiting()
        state.pending.stall(number, error.asBusError("produce", topic: topic), until: .now + error.stall)
      }
      return
    }
    if let count = producer.partitions(of: topic), error == nil, partition >= count {
      refuse(number, next.record, .noSuchPartition(topic: topic, partition: partition, has: count))
    }
  }

  /// Topics that could not be written are asked for again, which librdkafka needs as well: after a broker refused one it
  /// refuses by itself.
  private func tryStalled() {
    let stalled = producer.state.withLock { $0.pending.stalled }
    if stalled.isEmpty, said.isEmpty { return }
    for topic in said.keys where stalled[topic] == nil {
      said[topic] = nil
      producer.log.info("bus.produce.granted", ("topic", topic))
    }
    for (topic, stall) in stalled {
      guard stall.until <= .now else { continue }
      if said[topic].map({ $0.duration(to: .now) > Tuning.sayAgain }) ?? true {
        said[topic] = .now
        producer.log.warning("bus.produce.waits", ("error", stall.error), ("records", stall.numbers.count))
      }
      let error = learn(topic, within: .milliseconds(500))
      producer.state.withLock { state in
        if let error, error.stallsItsTopic {
          state.pending.postpone(topic, until: .now + error.stall)
        } else {
          state.pending.tryAgain(topic, probe: Tuning.probe, next: .now + Tuning.denied)
        }
      }
    }
  }

  private func refuse(_ number: UInt, _ record: Outgoing, _ error: BusError) {
    producer.measures.refused(record.topic)
    producer.state.withLock { state in
      state.pending.popWaiting()
      state.refuse(number, error)
    }
  }

  private func warm() {
    guard let warming = producer.state.withLock({ $0.warmings.first }) else { return }
    for topic in warming.topics where producer.partitions(of: topic) == nil {
      guard let error = learn(topic, within: .milliseconds(500)) else { continue }
      let overdue = warming.since.duration(to: .now) > Tuning.unknownTopicGrace
      guard error.isDenied || error.isUnknownTopic && overdue else { return }
      finish(warming, .failure(error.asBusError("metadata", topic: topic)))
      return
    }
    finish(warming, .success(()))
  }

  private func finish(_ warming: ProducerState.Warming, _ result: Result<Void, BusError>) {
    producer.state.withLock { _ = $0.warmings.removeFirst() }
    warming.done(result)
  }

  private func shouldEnd() -> Bool {
    producer.state.withLock { state in
      guard let closeBy = state.closeBy else { return false }
      return state.pending.isEmpty && state.queue.isEmpty && state.refused.isEmpty || closeBy < .now
    }
  }

  private func end() {
    let (left, warmings) = producer.state.withLock { state in
      state.handle = nil
      state.hasEnded = true
      let left = state.pending.removeAll().map(\.acknowledged) + state.removeQueue().map(\.acknowledged)
      state.closedClean = left.isEmpty
      defer { state.warmings = [] }
      return (left, state.warmings)
    }
    tellRefused()
    for acknowledged in left { acknowledged(.failure(.closed)) }
    for warming in warmings { warming.done(.failure(.closed)) }
    if !left.isEmpty { producer.log.warning("bus.producer.closed", ("unacknowledged", left.count)) }
    let handle = handle
    disposal.start { handle.destroy() }
    if !disposal.wait(.seconds(1)) { producer.log.warning("bus.handle.slow") }
    producer.finished.open()
  }
}
