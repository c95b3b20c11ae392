package import Bus
internal import Deliberation

/// One partition of the log, folded: records in, outputs out, and how far it may be committed.
///
/// Without I/O and without a clock: whoever owns it feeds records, acknowledgements and the time, and carries out the
/// actions that come back. The whole runtime can so be run inside one test, thousands of times over.
///
/// After an assignment it first folds up to `end`, the partition's end as it was taken then, and decides nothing: its own
/// earlier outputs are among what it reads. Only then does it decide, for each subject once.
/// What is called for each record is compiled for the three deciders too, because code for any type takes longer.
package final class PartitionFold<D: Decider> {
  let decider: D
  let limits: FoldLimits
  let resumed: Progress
  let hasCommit: Bool
  let end: Int64
  var subjects: [String: Place] = [:]
  /// Subjects in the order of their first record; those that hold nothing any more are dropped when they reach the head.
  var holding = Queue<(first: Int64, timestamp: Int64, subject: String)>()
  /// Subjects with outputs under way: only these hold the second offset back.
  var unacknowledged: [String: Int64] = [:]
  /// Dead letters under way, by offset.
  var deadLetters: Set<Int64> = []
  var timers = TimerHeap()
  /// Subjects that ended, until they are forgotten.
  var ended: [String: Memory] = [:]
  var forgetting = Queue<(at: Int64, subject: String)>()
  /// While folding up to the end: subjects whose end was read and may not have been answered.
  var unanswered = Queue<String>()
  var lastTimestamp: Int64
  let closed: ((D.State) -> Void)?

  /// The next offset to be read.
  package private(set) var position: Int64
  /// True until everything that stood on the partition at assignment has been folded.
  package internal(set) var isRefolding: Bool
  /// How many subjects are open.
  package private(set) var openCount = 0
  /// How many outputs are sent and not yet acknowledged, or wait for others.
  package private(set) var pendingCount = 0

  /// Where a subject lies, and is changed: the table is looked at once for each record.
  final class Place {
    var subject: Subject

    init(_ subject: Subject) { self.subject = subject }
  }

  struct Subject {
    var state: D.State?
    /// The offset that it holds back; its first record's, or that of the record that opened it.
    var first: Int64
    var isHolding = true
    var isOpen = false
    /// Records kept unparsed while folding up to the end.
    var kept: [FoldRecord] = []
    /// Its end is among them.
    var isClosed = false
    /// False while under way.
    var sent: [String: Bool] = [:]
    var waiting: [D.Output] = []
    var pending = 0
    var wake: Int64?
    /// When it is forgotten where nothing opens it.
    var forgetAt: Int64?
    var recalled: [String] = []
  }

  /// What is known of a subject that has ended.
  struct Memory {
    var forgetAt: Int64
    /// The ids of records that cause something when they come late, and came in time.
    var recalled: [String]
  }

  /// `start` is the offset of the first record that will be read, at or before `resumed.committed`; `end` is the
  /// partition's end, taken after the assignment; `hasCommit` is false where nothing was ever committed.
  /// `closed` is told the state of every subject that ended here and of which nothing remains to be done.
  package init(
    decider: D, limits: FoldLimits, resumed: Progress, hasCommit: Bool = true, start: Int64, end: Int64, now: Int64,
    closed: ((D.State) -> Void)? = nil
  ) {
    self.closed = closed
    self.decider = decider
    self.limits = limits
    self.resumed = resumed
    self.hasCommit = hasCommit
    self.end = end
    position = start
    isRefolding = start < end
    lastTimestamp = resumed.timestamp
  }

  // MARK: What comes in

  /// A record of the partition was read. Offsets rise, with gaps; what comes again is not folded again.
  @_specialize(where D == DeliberationDecider<Assembling>)
  @_specialize(where D == DeliberationDecider<Judging>)
  @_specialize(where D == DeliberationDecider<CancellableDispatching>)
  package func read(_ record: FoldRecord, now: Int64) -> [FoldAction] {
    guard record.offset >= position else { return [] }
    position = record.offset + 1
    lastTimestamp = record.timestamp
    if isRefolding {
      keep(record, now: now)
      return position >= end ? caughtUp(now: now) : []
    }
    var actions: [FoldAction] = []
    fold(record, now: now, &actions)
    return actions
  }

  /// A record was read whose envelope nobody can read.
  package func unreadable(_ record: Record, reason: String, now: Int64) -> [FoldAction] {
    guard record.offset >= position else { return [] }
    position = record.offset + 1
    lastTimestamp = record.timestamp
    var actions: [FoldAction] = []
    if !isRefolding || record.offset >= resumed.acknowledged { bury(record, reason, &actions) }
    if isRefolding, position >= end { actions += caughtUp(now: now) }
    return actions
  }

  /// The consumer stands at `offset` although no record was read there (transaction markers and compaction leave gaps).
  package func advanced(to offset: Int64, now: Int64) -> [FoldAction] {
    position = max(position, offset)
    return isRefolding && position >= end ? caughtUp(now: now) : []
  }

  /// The brokers have what the token names.
  @_specialize(where D == DeliberationDecider<Assembling>)
  @_specialize(where D == DeliberationDecider<Judging>)
  @_specialize(where D == DeliberationDecider<CancellableDispatching>)
  package func acknowledged(_ token: FoldToken, now: Int64) -> [FoldAction] {
    if token.subject.isEmpty {
      if let offset = Int64(token.output), deadLetters.remove(offset) != nil { pendingCount -= 1 }
      return []
    }
    guard let place = subjects[token.subject] else { return [] }
    var actions: [FoldAction] = []
    acknowledge(token, &place.subject, now: now, &actions)
    return actions
  }

  /// The time has come to `now`: what was due is decided.
  @_specialize(where D == DeliberationDecider<Assembling>)
  @_specialize(where D == DeliberationDecider<Judging>)
  @_specialize(where D == DeliberationDecider<CancellableDispatching>)
  package func tick(now: Int64) -> [FoldAction] {
    guard !isRefolding else { return [] }
    var actions: [FoldAction] = []
    while let (at, name) = timers.due(now) {
      guard let place = subjects[name], place.subject.wake == at else { continue }
      place.subject.wake = nil
      decide(name, &place.subject, causedBy: position, now: now, &actions)
      finish(name, &place.subject, now: now)
    }
    forget(now: now)
    return actions
  }

  /// Something that the decider knows from elsewhere has changed: it is asked again about this subject.
  package func reconsider(_ name: String, now: Int64) -> [FoldAction] {
    guard !isRefolding, let place = subjects[name] else { return [] }
    var actions: [FoldAction] = []
    decide(name, &place.subject, causedBy: position, now: now, &actions)
    finish(name, &place.subject, now: now)
    return actions
  }

  /// When `tick` is wanted next.
  package var nextTick: Int64? { isRefolding ? nil : timers.next }

  // MARK: What goes to the broker's offsets

  /// How far may be committed now: never past the first record of a subject that is open or has outputs under way.
  package func progress() -> Progress {
    while let head = holding.first {
      if let subject = subjects[head.subject]?.subject, subject.first == head.first, subject.isHolding { break }
      holding.removeFirst()
    }
    // What was committed stands: while it folds up to the end nothing is known to have been acknowledged anew.
    if isRefolding { return resumed }
    var acknowledged = position
    for offset in unacknowledged.values { acknowledged = min(acknowledged, offset) }
    for offset in deadLetters { acknowledged = min(acknowledged, offset) }
    if let head = holding.first, head.first <= acknowledged {
      return Progress(
        committed: head.first, acknowledged: acknowledged, timestamp: head.timestamp, open: openCount)
    }
    return Progress(
      committed: acknowledged, acknowledged: acknowledged, timestamp: lastTimestamp, open: openCount)
  }

  /// Whether an output of the subject waits for the acknowledgement of another.
  package func isAwaiting(_ subject: String) -> Bool { subjects[subject]?.subject.waiting.isEmpty == false }

  /// How many records must be folded again after a restart.
  package func heldCount() -> Int64 { (isRefolding ? end : position) - progress().committed }

  /// No more subjects than that are open. Up to the end: as many as were when it was committed, and one for each record
  /// since; nil where nobody knows how many were.
  package var mostOpen: Int? {
    guard isRefolding else { return openCount }
    return resumed.open.map { $0 + Int(max(0, end - resumed.acknowledged)) }
  }

  /// The state of a subject, as folded; for tests and for those who ask.
  package func state(_ subject: String) -> D.State? { subjects[subject]?.subject.state }

  /// Whether the subject is known to have ended within the window.
  package func hasEnded(_ subject: String) -> Bool { ended[subject] != nil }

  /// Folded states, for invariants and metrics.
  package var stateCount: Int { subjects.count }

  // MARK: Folding and deciding

  func fold(_ record: FoldRecord, now: Int64, _ actions: inout [FoldAction]) {
    let place = subjects[record.subject]
    if place?.subject.state == nil, ended[record.subject] != nil {
      let place = place ?? begin(record)
      late(record, &place.subject, &actions)
      finish(record.subject, &place.subject, now: now)
    } else {
      let place = place ?? begin(record)
      fold(record, into: &place.subject, now: now, &actions)
    }
  }

  private func fold(
    _ record: FoldRecord, into subject: inout Subject, now: Int64, _ actions: inout [FoldAction]
  ) {
    recall(&subject, record)
    evolve(&subject, record, &actions)
    if !subject.isHolding, let state = subject.state, decider.phase(state) == .open {
      subject.first = record.offset
      holding.append((record.offset, record.timestamp, record.subject))
    }
    decide(record.subject, &subject, causedBy: record.offset, now: now, &actions)
    finish(record.subject, &subject, now: now)
  }

  private func acknowledge(
    _ token: FoldToken, _ subject: inout Subject, now: Int64, _ actions: inout [FoldAction]
  ) {
    guard let place = subject.sent.index(forKey: token.output), !subject.sent.values[place] else { return }
    subject.sent.values[place] = true
    subject.pending -= 1
    pendingCount -= 1
    send(token.subject, &subject, &actions)
    finish(token.subject, &subject, now: now)
  }

  /// A subject of which nothing is known yet.
  func begin(_ record: FoldRecord) -> Place {
    holding.append((record.offset, record.timestamp, record.subject))
    let place = Place(Subject(first: record.offset))
    subjects[record.subject] = place
    return place
  }

  func evolve(_ subject: inout Subject, _ record: FoldRecord, _ actions: inout [FoldAction]) {
    do { try decider.evolve(&subject.state, record) } catch { bury(record.raw, error.description, &actions) }
  }

  /// Folds a record whose outputs, a dead letter among them, are known to be acknowledged.
  func evolveKnown(_ subject: inout Subject, _ record: FoldRecord) {
    try? decider.evolve(&subject.state, record)
  }

  func recall(_ subject: inout Subject, _ record: FoldRecord) {
    if decider.matters(late: record.type) { subject.recalled.append(record.id) }
  }

  func recall(late record: FoldRecord) {
    if decider.matters(late: record.type) { ended[record.subject]?.recalled.append(record.id) }
  }

  func late(_ record: FoldRecord, _ subject: inout Subject, _ actions: inout [FoldAction]) {
    // A copy of what came in time is no late record.
    guard decider.matters(late: record.type), let memory = ended[record.subject], !memory.recalled.contains(record.id)
    else { return }
    ended[record.subject]?.recalled.append(record.id)
    add(decider.late(record), record.subject, &subject, causedBy: record.offset, &actions)
  }

  func decide(
    _ name: String, _ subject: inout Subject, causedBy offset: Int64, now: Int64, _ actions: inout [FoldAction]
  ) {
    guard let state = subject.state else { return }
    add(decider.decide(state, now: now), name, &subject, causedBy: offset, &actions)
    if let wake = decider.wake(state) {
      // A wake that lies in the past and said nothing new would spin: it comes again with the next record.
      if subject.wake != wake, wake > now {
        subject.wake = wake
        timers.add(name, at: wake)
      }
    } else {
      subject.wake = nil
    }
  }

  func add(
    _ outputs: [D.Output], _ name: String, _ subject: inout Subject, causedBy offset: Int64,
    _ actions: inout [FoldAction]
  ) {
    var isNew = false
    for output in outputs where subject.sent[output.id] == nil {
      subject.sent[output.id] = false
      subject.waiting.append(output)
      subject.pending += 1
      pendingCount += 1
      isNew = true
    }
    guard isNew else { return }
    unacknowledged[name] = min(unacknowledged[name] ?? offset, offset)
    send(name, &subject, &actions)
  }

  /// Sends what waits for nothing any more.
  func send(_ name: String, _ subject: inout Subject, _ actions: inout [FoldAction]) {
    guard !subject.waiting.isEmpty else { return }
    var waiting: [D.Output] = []
    for output in subject.waiting {
      // An id that was never sent here cannot be waited for: it was acknowledged in an earlier life. The last of them is
      // nearly always the last to be acknowledged.
      if output.after.reversed().contains(where: { subject.sent[$0] == false }) {
        waiting.append(output)
      } else {
        actions.append(.send(decider.record(output), FoldToken(subject: name, output: output.id)))
      }
    }
    subject.waiting = waiting
  }

  /// Lets the subject go when nothing of it remains to be done.
  func finish(_ name: String, _ subject: inout Subject, now: Int64) {
    if subject.pending == 0, !unacknowledged.isEmpty { unacknowledged[name] = nil }
    let phase = if let state = subject.state { decider.phase(state) } else { FoldPhase.unopened }
    if subject.isOpen != (phase == .open) {
      subject.isOpen = phase == .open
      openCount += subject.isOpen ? 1 : -1
    }
    subject.isHolding = phase == .open || subject.pending > 0
    guard phase != .open, subject.pending == 0 else { return }
    if phase == .ended {
      subjects[name] = nil
      remember(name, subject.recalled, since: now)
      if let state = subject.state { closed?(state) }
    } else if ended[name] != nil {
      subjects[name] = nil
    } else if subject.forgetAt == nil {
      let at = now + limits.windowMilliseconds
      subject.forgetAt = at
      forgetLater(name, at)
    }
  }

  // MARK: Remembering and forgetting

  func remember(_ name: String, _ recalled: [String], since: Int64) {
    let at = since + limits.windowMilliseconds
    ended[name] = Memory(forgetAt: at, recalled: recalled)
    forgetLater(name, at)
  }

  func forgetLater(_ name: String, _ at: Int64) {
    forgetting.append((at, name))
    while forgetting.count > limits.rememberedMaximum { forgetFirst() }
  }

  func forget(now: Int64) {
    while let head = forgetting.first, head.at <= now { forgetFirst() }
  }

  func forgetFirst() {
    guard let (at, name) = forgetting.first else { return }
    forgetting.removeFirst()
    if ended[name]?.forgetAt == at { ended[name] = nil }
    if let subject = subjects[name]?.subject, subject.forgetAt == at, !subject.isOpen, subject.pending == 0 {
      subjects[name] = nil
    }
  }

  func bury(_ record: Record, _ reason: String, _ actions: inout [FoldAction]) {
    guard deadLetters.insert(record.offset).inserted else { return }
    pendingCount += 1
    actions.append(.deadLetter(record, reason: reason, FoldToken(subject: "", output: String(record.offset))))
  }
}
