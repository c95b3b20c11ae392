internal import Telemetry
internal import Threads

/// Partitions that come and go.
extension Consumer {
  func rebalanced(_ came: Bool, _ partitions: [TopicPartition]) {
    guard let handle else { return }
    guard came else {
      let lost = handle.isAssignmentLost || isFatal
      letGo(lost: lost)
      handle.unassign()
      return
    }
    fences.hasJoined(at: .now)
    let starts = take(partitions) { handle.isAssignmentLost || handle.fatalError != nil || self.mustStop }
    // also with nothing: librdkafka waits for this call
    if let error = handle.assign(starts) {
      log.warning("bus.assign", ("error", error.name), ("text", error.text))
    }
    pauseAgain()
    inbox.withLock { $0.isAssigned = true }
  }

  /// Partitions that were handed out, as soon as a broker answers for their committed offsets: one try a round, so that
  /// the loop goes on meanwhile.
  func assignHandedOut() {
    guard case .assigned(let partitions, _) = subscription, let handle else { return }
    var tries = 0
    let starts = take(partitions) {
      tries += 1
      return tries > 1 || self.mustStop || handle.fatalError != nil
    }
    if starts.isEmpty, !partitions.isEmpty { return }
    mustAssign = false
    if let error = handle.assign(starts) {
      log.warning("bus.assign", ("error", error.name), ("text", error.text))
    }
    pauseAgain()
    stir()
    inbox.withLock { $0.isAssigned = true }
  }

  private var mustStop: Bool { inbox.withLock { $0.stopBy != nil } }

  /// Asks what is committed until a broker answers, then the receiver where to start.
  private func take(_ partitions: [TopicPartition], _ isPointless: () -> Bool) -> [(TopicPartition, StartAt)] {
    guard let committed = committed(partitions, isPointless), let receiver else { return [] }
    epoch += 1
    let assignments = zip(partitions, committed).map { partition, committed in
      Assignment(partition: partition, epoch: epoch, committed: committed.offset, metadata: committed.metadata)
    }
    for assignment in assignments {
      held[assignment.partition] = HeldPartition(
        assignment.partition, next: assignment.committed.map { .offset($0) } ?? .beginning, measures)
    }
    log.info("bus.assigned", ("partitions", partitions.count), ("epoch", epoch))
    let starts = receiver.assigned(assignments, self)
    for (partition, start) in starts where start != .committed { held[partition]?.next = start }
    return partitions.map { ($0, held[$0]?.next ?? .beginning) }
  }

  private func committed(
    _ partitions: [TopicPartition], _ isPointless: () -> Bool
  ) -> [(offset: Int64?, metadata: String?)]? {
    guard let handle else { return nil }
    if partitions.isEmpty { return [] }
    while !isPointless() {
      do throws(KafkaError) {
        if case .assigned(_, let group) = subscription {
          // a handle that has never heard of a topic asks for it on a timer of 1 s, and the first record would wait
          for topic in subscription.topics { _ = try handle.metadata(of: topic, within: .milliseconds(500)) }
          if group == nil {
            // nothing is committed without a group
            reached()
            return partitions.map { _ in (nil, nil) }
          }
        }
        let committed = try handle.committed(partitions, within: .milliseconds(500))
        reached()
        return committed
      } catch {
        log.debug("bus.committed", ("error", error.name), ("text", error.text))
        guard error.isPassing else {
          log.error("bus.committed", ("error", error.name), ("text", error.text))
          Pause.milliseconds(500)
          continue
        }
        Pause.milliseconds(20)
      }
    }
    return nil
  }

  /// Tells the receiver that everything held goes.
  func letGo(lost: Bool) {
    let partitions = held.keys.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    inbox.withLock { $0.isAssigned = false }
    guard !partitions.isEmpty else { return }
    log.info("bus.revoked", ("partitions", partitions.count), ("lost", lost))
    receiver?.revoked(partitions, lost: lost, self)
    for state in held.values { state.leave() }
    held = [:]
  }

  /// Assigns what is held once more, each partition where it stands: how a partition that librdkafka has stopped starts
  /// again.
  func assignAnew() {
    let partitions = held.keys.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    if let error = handle?.assign(partitions.map { ($0, held[$0]?.next ?? .beginning) }) {
      log.warning("bus.assign", ("error", error.name), ("text", error.text))
    }
    pauseAgain()
  }

  /// An assignment forgets what was paused.
  private func pauseAgain() {
    for (partition, state) in held where state.isPaused { handle?.pause(partition) }
  }

  /// Gives `.committed` the offset that it means.
  func resolved(_ partition: TopicPartition, _ start: StartAt) -> StartAt {
    guard start == .committed, let handle else { return start }
    if case .assigned(_, nil) = subscription { return .beginning }
    do throws(KafkaError) {
      return try handle.committed([partition], within: Tuning.question).first?.offset.map { .offset($0) } ?? .beginning
    } catch {
      log.warning("bus.committed", ("partition", partition), ("error", error.name))
      return .beginning
    }
  }
}
