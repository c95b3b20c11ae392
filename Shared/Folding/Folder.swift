package import Bus
package import Telemetry
internal import Threads

/// Folds the partitions of the log that a consumer owns, and carries out what their decisions ask for.
///
/// It lives on the loop's thread of its consumer: records, acknowledgements, timers and rebalances all come in there, one
/// after the other, so nothing here is locked but the list of acknowledgements that the producer's thread fills.
// Unchecked because everything but `acknowledgements` is touched on the loop's thread alone.
package final class Folder<D: Decider>: Receiver, @unchecked Sendable {
  private let decider: D
  private let options: FolderOptions
  private let topics: Topics
  private let producer: Producer
  private let log: Log
  private let clock: @Sendable () -> Int64
  private let closed: (@Sendable (D.State) -> Void)?
  private let meters: FolderMeters
  private var folds: [Int32: Owned] = [:]
  private var commitUnderWay = false
  private var lastCommit: Int64 = 0
  private var lastMeasure: Int64 = 0
  private var isPaused = false
  private var highest = 0
  private let acknowledgements = Lock(Acknowledgements())

  /// An owned partition: looked up for each record, so it lies in a place of its own and is changed there.
  private final class Owned {
    let fold: PartitionFold<D>
    let epoch: Int
    let started: Int64
    var committed: Progress?
    var saidCaughtUp = false

    init(fold: PartitionFold<D>, epoch: Int, started: Int64) {
      self.fold = fold
      self.epoch = epoch
      self.started = started
    }
  }

  private struct Acknowledgement {
    let partition: Int32
    let epoch: Int
    let token: FoldToken
    /// Something waits for it; other acknowledgements only move offsets, and wake nobody.
    let isAwaited: Bool
  }

  private struct Acknowledgements {
    var list: [Acknowledgement] = []
    var isScheduled = false
  }

  package init(
    decider: D, options: FolderOptions, topics: Topics, producer: Producer, log: Log, metrics: Metrics,
    clock: @escaping @Sendable () -> Int64 = WallClock.now, closed: (@Sendable (D.State) -> Void)? = nil
  ) {
    self.closed = closed
    self.decider = decider
    self.options = options
    self.topics = topics
    self.producer = producer
    self.log = log
    self.clock = clock
    meters = FolderMeters(metrics)
  }

  // MARK: What others ask of it (on the loop's thread)

  /// How many deliberations are open on the partitions owned here.
  package var openCount: Int { folds.values.reduce(0) { $0 + $1.fold.openCount } }

  /// How many records of the partition must be folded again after a restart; nil where it is not owned here.
  package func heldCount(_ partition: Int32) -> Int64? {
    folds[partition] == nil ? nil : folds[partition]?.fold.heldCount()
  }

  package func owns(_ partition: Int32) -> Bool { folds[partition] != nil }

  /// No more deliberations than that are open on the partitions owned here; nil: that is known when they are folded.
  package var mostOpen: Int? {
    var sum = 0
    for owned in folds.values {
      guard let open = owned.fold.mostOpen else { return nil }
      sum += open
    }
    return sum
  }

  /// Asks the decider again about one subject.
  package func reconsider(_ subject: String, partition: Int32, _ consumer: Consumer) {
    guard let actions = folds[partition]?.fold.reconsider(subject, now: clock()) else { return }
    perform(actions, partition, consumer)
  }

  // MARK: Receiver

  package func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    let own = assignments.filter { $0.partition.topic == topics.events }
    // What cannot be had for all at once is asked for each again, and said there.
    var ends = (try? consumer.ends(own.map(\.partition))) ?? [:]
    for assignment in own {
      // nobody waits any more: the consumer ends, or the partitions go again
      guard let (start, end, resumed) = window(of: assignment, &ends, consumer) else { continue }
      let now = clock()
      folds[assignment.partition.partition] = Owned(
        fold: PartitionFold(
          decider: decider, limits: options.limits, resumed: resumed, hasCommit: assignment.committed != nil,
          start: start, end: end, now: now, closed: closed),
        epoch: assignment.epoch, started: now)
      starts[assignment.partition] = .offset(start)
      log.info(
        "partition.assigned", ("topic", assignment.partition.topic), ("partition", assignment.partition.partition),
        ("committed", resumed.committed), ("start", start), ("end", end))
    }
    isPaused = false
    return starts
  }

  package func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    let own = partitions.filter { $0.topic == topics.events }
    guard !own.isEmpty else { return }
    drain(clock(), consumer)
    if !lost {
      let offsets = own.compactMap { tp -> (TopicPartition, Int64, String)? in
        guard let next = due(tp.partition) else { return nil }
        return (tp, next.committed, next.metadata)
      }
      if !offsets.isEmpty {
        do { try consumer.commitNow(offsets) } catch {
          // The next owner folds from the last commit: more work, nothing lost.
          log.warning("commit.failed", ("when", "revoked"), ("error", error))
        }
      }
    }
    for partition in own { folds[partition.partition] = nil }
    log.info("partition.revoked", ("partitions", own.count), ("lost", lost))
  }

  package func received(_ record: Record, _ consumer: Consumer) {
    let partition = record.partition
    guard folds[partition] != nil else { return }
    let now = clock()
    let actions: [FoldAction]
    do {
      let readable = try FoldRecord(record, partitions: producer.partitions(of: topics.events))
      actions = folds[partition]?.fold.read(readable, now: now) ?? []
    } catch {
      actions = folds[partition]?.fold.unreadable(record, reason: error.description, now: now) ?? []
    }
    perform(actions, partition, consumer)
    sayCaughtUp(partition)
  }

  package func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    guard partition.topic == topics.events else { return }
    let actions = folds[partition.partition]?.fold.advanced(to: offset, now: clock()) ?? []
    perform(actions, partition.partition, consumer)
    sayCaughtUp(partition.partition)
  }

  package func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    // What the broker no longer has cannot be folded; the deadlines of what was open there still end it.
    .beginning
  }

  package func turn(_ consumer: Consumer) -> Duration? {
    let now = clock()
    highest = max(highest, openCount)
    drain(now, consumer)
    var next = now + 500
    for partition in Array(folds.keys) {
      let actions = folds[partition]?.fold.tick(now: now) ?? []
      perform(actions, partition, consumer)
      if let at = folds[partition]?.fold.nextTick { next = min(next, at) }
    }
    if commit(now, consumer) { next = min(next, lastCommit + options.commitMilliseconds) }
    // acknowledgements that nothing waits for are looked at in time for the next commit
    if folds.values.contains(where: { $0.fold.pendingCount > 0 }) {
      next = min(next, now + options.commitMilliseconds / 2)
    }
    holdBack(consumer)
    measure(now)
    return .milliseconds(max(0, next - now))
  }

  // MARK: Starting

  /// Where to read from, up to where nothing is decided, and what is known to be done.
  private func window(
    of assignment: Assignment, _ ends: inout [TopicPartition: (low: Int64, high: Int64)], _ consumer: Consumer
  ) -> (Int64, Int64, Progress)? {
    var said: ContinuousClock.Instant?
    repeat {
      do {
        let known = ends.removeValue(forKey: assignment.partition)
        let (low, end) = if let known { known } else { try consumer.ends(assignment.partition) }
        guard let committed = assignment.committed else {
          return (low, end, Progress(committed: low, metadata: nil))
        }
        let resumed = Progress(committed: min(committed, end), metadata: assignment.metadata)
        var start = options.startsAtBeginning ? low : resumed.committed
        if !options.startsAtBeginning, resumed.timestamp > options.limits.windowMilliseconds {
          let earliest = resumed.timestamp - options.limits.windowMilliseconds
          if let offset = try consumer.offset(assignment.partition, atTime: earliest) { start = min(start, offset) }
        }
        return (max(low, start), end, resumed)
      } catch {
        // Without the partition's end nothing may be decided, and each question has its own time limit: ask again.
        if said.map({ $0.duration(to: .now) >= .seconds(1) }) ?? true {
          log.warning("partition.waits", ("partition", assignment.partition.partition), ("error", error))
          said = .now
        }
      }
    } while consumer.mayAskAgain()
    return nil
  }

  private func sayCaughtUp(_ partition: Int32) {
    guard let owned = folds[partition], !owned.saidCaughtUp, !owned.fold.isRefolding else { return }
    owned.saidCaughtUp = true
    log.info(
      "partition.folded", ("partition", partition), ("open", owned.fold.openCount), ("ms", clock() - owned.started))
  }

  // MARK: Doing

  private func perform(_ actions: [FoldAction], _ partition: Int32, _ consumer: Consumer) {
    guard !actions.isEmpty, let owned = folds[partition] else { return }
    for action in actions {
      switch action {
      case .send(let record, let token):
        meters.sent.add()
        // a line for each is for those who look closely: it is not even put together for others
        if log.level == .debug {
          log.debug(
            "record.sent", ("topic", record.topic), ("id", record.headers.text("ce_id") ?? ""),
            ("deliberation", record.headers.text("ce_subject") ?? ""), ("trace", Trace.trace(record.headers)))
        }
        dispatch(
          record,
          Acknowledgement(
            partition: partition, epoch: owned.epoch, token: token,
            isAwaited: owned.fold.isAwaiting(token.subject)), consumer)
      case .deadLetter(let record, let reason, let token):
        log.warning(
          "record.dead", ("partition", partition), ("offset", record.offset), ("reason", reason),
          ("deliberation", record.headers.text("ce_subject") ?? ""), ("trace", Trace.trace(record.headers)))
        meters.dead.add()
        dispatch(
          DeadLetter.record(
            for: record, reason: reason, group: options.group, topics: topics, limit: options.recordBytes),
          Acknowledgement(partition: partition, epoch: owned.epoch, token: token, isAwaited: false), consumer)
      }
    }
  }

  private func dispatch(_ record: Outgoing, _ acknowledgement: Acknowledgement, _ consumer: Consumer) {
    producer.send(record) { [self] result in
      if case .failure(let error) = result {
        // The producer was closed before the brokers had it: the next owner sends it again.
        if error == .closed { return }
        // Nothing that waits can help, else the producer would: it is too large or its partition does not exist. It
        // counts as done, so that the partition goes on; a deliberation that misses it ends by its deadline.
        log.error(
          "output.refused", ("topic", record.topic), ("error", error),
          ("deliberation", record.headers.text("ce_subject") ?? ""), ("trace", Trace.trace(record.headers)))
        meters.refused.add()
      }
      let isFirst = acknowledgements.withLock { box in
        box.list.append(acknowledgement)
        guard acknowledgement.isAwaited, !box.isScheduled else { return false }
        box.isScheduled = true
        return true
      }
      if isFirst { consumer.perform { [self] consumer in drain(clock(), consumer) } }
    }
  }

  private func drain(_ now: Int64, _ consumer: Consumer) {
    let list = acknowledgements.withLock { box in
      defer { box = Acknowledgements() }
      return box.list
    }
    meters.acknowledged.add(Double(list.count))
    for acknowledgement in list where folds[acknowledgement.partition]?.epoch == acknowledgement.epoch {
      let actions = folds[acknowledgement.partition]?.fold.acknowledged(acknowledgement.token, now: now) ?? []
      perform(actions, acknowledgement.partition, consumer)
    }
  }

  // MARK: Offsets

  /// What may be committed now and is not.
  private func due(_ partition: Int32) -> Progress? {
    guard let next = folds[partition]?.fold.progress(), folds[partition]?.fold.isRefolding == false else { return nil }
    guard let last = folds[partition]?.committed else { return next }
    return next.committed > last.committed || next.acknowledged > last.acknowledged ? next : nil
  }

  /// Commits what has moved; true where something waits for the next time. The answer to a commit under way brings the
  /// next turn by itself.
  private func commit(_ now: Int64, _ consumer: Consumer) -> Bool {
    let moved = folds.keys.compactMap { partition in due(partition).map { (partition, $0) } }
    guard !moved.isEmpty else { return false }
    guard !commitUnderWay else { return false }
    guard now - lastCommit >= options.commitMilliseconds else { return true }
    commitUnderWay = true
    lastCommit = now
    let epochs = folds.mapValues(\.epoch)
    let offsets = moved.map { partition, progress in
      (TopicPartition(topic: topics.events, partition: partition), progress.committed, progress.metadata)
    }
    consumer.commit(offsets) { [self] result in
      commitUnderWay = false
      switch result {
      case .success:
        for (partition, progress) in moved where folds[partition]?.epoch == epochs[partition] {
          folds[partition]?.committed = progress
        }
      case .failure(let error):
        // Tried again at the next turn, with what has moved until then.
        log.info("commit.failed", ("when", "running"), ("error", error))
      }
    }
    return false
  }

  // MARK: Bounds and meters

  /// When the brokers do not take what is decided, nothing more is read: what waits is bounded.
  private func holdBack(_ consumer: Consumer) {
    let pending = folds.values.reduce(0) { $0 + $1.fold.pendingCount }
    let bytes = producer.bytesInFlight
    if !isPaused, pending > options.pendingMaximum || bytes > options.pendingBytesMaximum {
      isPaused = true
      for partition in folds.keys { consumer.pause(TopicPartition(topic: topics.events, partition: partition)) }
      log.warning("folding.held", ("pending", pending), ("bytes", bytes))
    } else if isPaused, pending < options.pendingMaximum / 2, bytes < options.pendingBytesMaximum / 2 {
      isPaused = false
      for (partition, owned) in folds {
        consumer.resume(TopicPartition(topic: topics.events, partition: partition), at: owned.fold.position)
      }
    }
  }

  private func measure(_ now: Int64) {
    guard now - lastMeasure >= 250 else { return }
    lastMeasure = now
    meters.open.set(Double(openCount))
    meters.highest.set(Double(highest))
    meters.pending.set(Double(folds.values.reduce(0) { $0 + $1.fold.pendingCount }))
    meters.partitions.set(Double(folds.count))
    var held: Int64 = 0
    for partition in Array(folds.keys) { held += folds[partition]?.fold.heldCount() ?? 0 }
    meters.held.set(Double(held))
  }
}
