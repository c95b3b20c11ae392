package import Bus
package import Deliberation

/// Partitions that come and go, the records that they bring, and what is committed for them.
extension CallTable {
  package mutating func assigned(_ assignment: Assignment, now: Moment) {
    let partition = assignment.partition.partition
    let map = OffsetMap(assignment)
    partitions[partition] = PartitionState(
      generation: newGeneration(), map: map, next: map.base, began: now)
    isFlowStale = true
    shareRates(now)
    flow(now)
  }

  /// The partitions go to others; the calls of theirs go on here. Answers the last commits, which say so; where a
  /// partition was lost nothing may be committed any more.
  package mutating func revoked(_ gone: [Int32], lost: Bool, now: Moment) -> [CommitEntry] {
    var entries: [CommitEntry] = []
    let leaving = Set(gone)
    for serial in calls.keys.sorted() {
      guard var call = calls[serial], call.places.contains(where: { leaving.contains($0.partition) }) else { continue }
      call.places.removeAll { leaving.contains($0.partition) }
      calls[serial] = call
      guard call.isOrphan else { continue }
      // what another caller runs is the next owner's to wait for: its mark is carried on
      if call.phase == .held { remove(serial, now) } else { orphanSerials.insert(serial) }
    }
    for partition in gone {
      anteroom.leave(partition)
      guard var state = partitions.removeValue(forKey: partition), !lost else { continue }
      state.map.markAll()
      if let (offset, metadata) = state.map.encode() {
        entries.append(CommitEntry(partition: partition, offset: offset, metadata: metadata))
      }
    }
    shareRates(now)
    if !orphanSerials.isEmpty {
      namingDue = now
      nameOrphans(now)
    }
    flow(now)
    return entries
  }

  package mutating func received(_ record: Record, now: Moment) {
    let partition = record.partition
    guard let state = partitions[partition] else { return }
    // what comes after a pause is read again from where it began; what was taken already is not taken again
    guard !state.isPaused, state.next.map({ record.offset >= $0 }) ?? true else { return }
    if isPaused {
      // now it is known where to go on, so it can be paused
      partitions[partition]?.next = record.offset
      isFlowStale = true
      flow(now)
      return
    }
    partitions[partition]?.next = record.offset + 1
    if hasRoom, anteroom.isEmpty, !state.isFull {
      takeUp(record, generation: state.generation, now)
    } else {
      anteroom.add(record, generation: state.generation)
    }
    flow(now)
  }

  /// A call whose outcome is on its way to the log leaves its place to the next one, as long as those on their way are no
  /// more than there are places.
  private var hasRoom: Bool {
    let others = calls.count + openLetters
    return others - writing < limits.inFlight && others < 2 * limits.inFlight
  }

  /// Work begins on a record. Where its offsets have begun anew since it was read it is done all the same, and finishes
  /// none.
  private mutating func takeUp(_ record: Record, generation: Int, _ now: Moment) {
    let place = Place(partition: record.partition, generation: generation, offset: record.offset)
    var (isMarked, began) = (false, now)
    if partitions[record.partition]?.generation == generation {
      guard partitions[record.partition]?.begin(record.offset) == true else { return dirty(now) }
      isMarked = partitions[record.partition]?.map.isMarked(record.offset) ?? false
      began = partitions[record.partition]?.began ?? now
      if partitions[record.partition]?.isFull == true { isFlowStale = true }
    }
    do throws(CommandError) {
      take(try Command.read(record), at: place, isMarked: isMarked, began, now)
    } catch {
      count { $0.deadLetters += 1 }
      openLetters += 1
      actions.append(.write(.deadLetter(record, reason: error.description), .deadLetter(place)))
    }
  }

  /// A process may use of the rates what it owns of the lane.
  private mutating func shareRates(_ now: Moment) {
    guard let whole = limits.partitions, whole > 0 else { return }
    let share = min(1, Double(partitions.count) / Double(whole))
    for provider in gates.keys { gates[provider]?.share(share, now: now) }
  }

  /// The records at a partition's position are gone. Offsets may begin anew, so nothing is known of them any more; the
  /// calls that run go on and finish none.
  package mutating func positionLost(_ partition: Int32, now: Moment) {
    guard let state = partitions[partition] else { return }
    // a paused partition needs some place to be resumed at; where nothing stands, it is told so once more
    partitions[partition] = PartitionState(
      generation: newGeneration(), map: OffsetMap(), next: state.isPaused ? 0 : nil, began: now,
      isPaused: state.isPaused)
    isFlowStale = true
  }

  private mutating func newGeneration() -> Int {
    lastGeneration += 1
    return lastGeneration
  }

  mutating func finish(_ place: Place, _ now: Moment) {
    guard partitions[place.partition]?.generation == place.generation else { return }
    partitions[place.partition]?.map.finish(place.offset)
    partitions[place.partition]?.isDirty = true
    dirty(now)
  }

  mutating func unmark(_ place: Place) {
    guard partitions[place.partition]?.generation == place.generation else { return }
    partitions[place.partition]?.map.unmark(place.offset)
    partitions[place.partition]?.isDirty = true
  }

  // MARK: commits

  mutating func dirty(_ now: Moment) {
    if commitDue == nil { commitDue = now + limits.commitGather }
  }

  mutating func commitIfDue(_ now: Moment) {
    guard commitUnderWay == nil, let due = commitDue, due <= now else { return }
    commitDue = nil
    var entries: [CommitEntry] = []
    for partition in partitions.keys.sorted() {
      guard var state = partitions[partition], state.isDirty else { continue }
      state.isDirty = false
      let wasFull = state.isFull
      state.look()
      if state.isFull != wasFull { isFlowStale = true }
      // base and map are one snapshot
      if let (offset, metadata) = state.map.encode() {
        let entry = CommitEntry(partition: partition, offset: offset, metadata: metadata)
        if entry != state.committed { entries.append(entry) }
      }
      partitions[partition] = state
    }
    flow(now)
    guard !entries.isEmpty else { return }
    commitUnderWay = entries
    actions.append(.commit(entries))
  }

  /// What became of the commit that was under way.
  package mutating func committed(_ isDone: Bool, now: Moment) {
    guard let entries = commitUnderWay else { return }
    commitUnderWay = nil
    for entry in entries {
      if isDone {
        partitions[entry.partition]?.committed = entry
      } else {
        partitions[entry.partition]?.isDirty = true
      }
    }
    if !isDone, commitDue == nil { commitDue = now + limits.commitRetry }
    commitIfDue(now)
  }

  // MARK: backpressure

  /// Takes what waits as far as there is room, and more or less from the partitions by how much does.
  mutating func flow(_ now: Moment) {
    while hasRoom, let guest = anteroom.next({ partitions[$0]?.isFull != true }) {
      takeUp(guest.record, generation: guest.generation, now)
    }
    let wasPaused = isPaused
    if !isPaused, anteroom.isFull {
      isPaused = true
    } else if isPaused, anteroom.isHalfEmpty {
      isPaused = false
    }
    guard isPaused != wasPaused || isFlowStale else { return }
    isFlowStale = false
    for partition in partitions.keys.sorted() {
      guard let state = partitions[partition] else { continue }
      // without a place to go back to a partition cannot be resumed, so it is not paused either
      guard let next = state.next else { continue }
      let isFull = isPaused || state.isFull
      if isFull, !state.isPaused {
        partitions[partition]?.isPaused = true
        actions.append(.pause(partition))
      } else if !isFull, state.isPaused {
        partitions[partition]?.isPaused = false
        actions.append(.resume(partition, at: next))
      }
    }
  }
}
