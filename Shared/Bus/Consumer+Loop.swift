internal import Telemetry
internal import Threads

/// The loop: commands, records, the receiver's turn, and once a quarter of a second what only time tells.
extension Consumer {
  func run(_ make: @Sendable () -> any Receiver) {
    let receiver = make()
    self.receiver = receiver
    begin()
    var wanted: ContinuousClock.Instant?
    var isBusy = true
    while inbox.withLock({ $0.stopBy == nil }) {
      let now = ContinuousClock.now
      let patience = min(wanted.map { now.duration(to: $0) } ?? Tuning.longestPoll, Tuning.longestPoll)
      let heard = pump(isBusy || isStirred ? .zero : patience)
      let told = runCommands()
      if isFatal { replace() }
      if mustAssign { assignHandedOut() }
      tellCommits()
      isBusy = heard == Tuning.burst
      if heard > 0 || told || isStirred || wanted.map({ $0 <= .now }) ?? false {
        isStirred = false
        wanted = receiver.turn(self).map { .now + max(.zero, $0) }
        tellCommits()
      }
      check()
    }
    end()
  }

  private func begin() {
    listen()
    switch subscription {
    case .group(_, _, let topics, _): subscribe(topics)
    case .assigned: mustAssign = true
    }
    if mustAssign { assignHandedOut() }
    if let receiver { _ = receiver.turn(self) }
  }

  func listen() {
    guard let callbacks = handle?.callbacks else { return }
    callbacks.failed = { [unowned self] error in failed(error) }
    callbacks.rebalanced = { [unowned self] came, partitions in
      stir()
      rebalanced(came, partitions)
    }
    callbacks.committed = { [unowned self] number, error in
      stir()
      if error == nil { reached() }
      commits.finishLater(number, error.map { .failure($0.asBusError("commit")) } ?? .success(()))
    }
  }

  /// Something happened in a callback: the poll around it ends, and the receiver gets its turn.
  func stir() {
    isStirred = true
    handle?.wake()
  }

  func subscribe(_ topics: [String]) {
    guard let error = handle?.subscribe(topics) else { return }
    log.error("bus.subscribe", ("error", error.name), ("text", error.text))
    isFatal = isFatal || error.isFatal
  }

  /// Polls until nothing is there any more, or a burst is full. Returns how much came.
  private func pump(_ patience: Duration) -> Int {
    guard let handle else { return 0 }
    var patience = patience.milliseconds
    var count = 0
    while count < Tuning.burst {
      switch handle.poll(patience) {
      case .nothing: return count
      case .record(let record): received(record)
      case .error(let error, let partition, let offset):
        // as a rule no news
        if error.isPartitionEnd, let partition {
          reachedEnd(partition, offset)
          patience = 0
          continue
        }
        refused(error, partition, offset)
      }
      if isFatal || self.handle !== handle { return count + 1 }
      patience = 0
      count += 1
    }
    return count
  }

  private func received(_ record: Record) {
    // the same string object as a rule, which makes this a comparison of pointers
    if let last = lastRead, last.partition.partition == record.partition, last.partition.topic == record.topic {
      if last.takes(record.offset) { receiver?.received(record, self) }
      return
    }
    guard let state = held[record.source] else { return }
    lastRead = state
    if state.takes(record.offset) { receiver?.received(record, self) }
  }

  private func refused(_ error: KafkaError, _ partition: TopicPartition?, _ offset: Int64) {
    if error.isPositionLost, let partition {
      positionLost(partition, offset, error.text)
    } else {
      failed(error)
    }
  }

  private func reachedEnd(_ partition: TopicPartition, _ offset: Int64) {
    guard let state = held[partition], state.reaches(offset) else { return }
    receiver?.reachedEnd(partition, at: offset, self)
    isStirred = true
  }

  private func positionLost(_ partition: TopicPartition, _ offset: Int64, _ why: String) {
    guard let receiver, let state = held[partition] else { return }
    log.error("bus.position.lost", ("partition", partition), ("offset", offset), ("why", why))
    measures.positionLost(partition.topic)
    let start = receiver.positionLost(partition, at: offset, self)
    state.next = resolved(partition, start)
    // librdkafka has stopped this partition: a seek would be refused
    assignAnew()
  }

  private func failed(_ error: KafkaError) {
    if error.isFatal || error.isFenced {
      isFatal = true
    } else if error.isConnectionLost {
      // librdkafka does not always say when the last connection is gone, so whoever is left is asked
      isDoubtful = true
      log.debug("bus.consumer.error", ("error", error.name), ("text", error.text))
    } else if error.isDenied {
      log.error("bus.denied", ("error", error.name), ("text", error.text))
    } else if error.isPassing {
      log.debug("bus.consumer.error", ("error", error.name), ("text", error.text))
    } else {
      log.warning("bus.consumer.error", ("error", error.name), ("text", error.text))
    }
  }

  /// A broker has answered.
  func reached() {
    isDoubtful = false
    unanswered = 0
    let was = inbox.withLock { inbox in
      defer { inbox.isReachable = true }
      return inbox.isReachable
    }
    if !was { log.info("bus.reachable") }
  }

  private func unreached() {
    unanswered += 1
    let was = inbox.withLock { inbox in
      defer { inbox.isReachable = false }
      return inbox.isReachable
    }
    if was { log.warning("bus.unreachable", ("servers", settings.bootstrap)) }
  }

  private func runCommands() -> Bool {
    let commands = inbox.withLock { inbox in
      defer { inbox.commands = [] }
      return inbox.commands
    }
    for command in commands { command(self) }
    return !commands.isEmpty
  }

  func tellCommits() {
    for (done, result) in commits.takeFinished() {
      isStirred = true
      done(result)
    }
  }

  private func check() {
    let now = ContinuousClock.now
    guard checked.duration(to: now) >= Tuning.longestPoll else { return }
    checked = now
    let isAnswered = !isDoubtful && inbox.withLock { $0.isReachable }
    if isAnswered { askForPaused(now) } else { askAgain(now) }
    for (partition, state) in held { state.count(end: handle?.knownEnd(partition)) }
    disposal.check(log)
  }

  /// Of what is paused nothing is fetched, so no fetch says how much waits there.
  private func askForPaused(_ now: ContinuousClock.Instant) {
    if let askedForPaused, askedForPaused.duration(to: now) < Tuning.pausedEnds { return }
    let paused = held.filter { $0.value.isPaused }.map(\.key)
    guard !paused.isEmpty, let handle else { return }
    askedForPaused = now
    do throws(KafkaError) {
      for (partition, end) in try handle.highs(paused, within: .milliseconds(500)) { held[partition]?.askedEnd = end }
    } catch {
      log.debug("bus.ends", ("error", error.name))
    }
  }

  /// Nothing tells when an idle handle has its connection back, so it is asked: briefly, as that holds up the loop, and
  /// longer where a far broker may need it.
  private func askAgain(_ now: ContinuousClock.Instant) {
    guard let topic = subscription.topics.first, let handle else { return }
    if let askedAgain, askedAgain.duration(to: now) < .milliseconds(500) { return }
    do throws(KafkaError) {
      _ = try handle.metadata(of: topic, within: .milliseconds(100 * (1 + min(3, unanswered))))
      reached()
    } catch {
      if !error.isPassing { log.debug("bus.asked.again", ("error", error.name)) }
      unreached()
    }
    askedAgain = .now
  }
}

extension Subscription {
  var topics: [String] {
    switch self {
    case .group(_, _, let topics, _): topics
    case .assigned(let partitions, _): Array(Set(partitions.map(\.topic))).sorted()
    }
  }

  var isGroup: Bool {
    if case .group = self { return true }
    return false
  }
}
