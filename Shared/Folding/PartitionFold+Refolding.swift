internal import Bus

/// Folding up to the end of the partition after an assignment: records are kept unparsed, what ended is dropped as soon as
/// nothing follows from its end any more, and at the end each subject is decided once.
extension PartitionFold {
  mutating func keep(_ record: FoldRecord, now: Int64) {
    let name = record.subject
    see(record)
    if let memory = ended[name] {
      opens(record, since: memory.begins)
      // What a late record causes is sent after the end was reached, where it may never have been.
      guard decider.matters(late: record.envelope.type) else { return }
      guard record.offset >= resumed.acknowledged else { return recall(late: record) }
    } else if decider.closes(record, isFirst: subjects[name] == nil) {
      if isAnswered(record, now: now) {
        forgetEnd(of: name, at: record.offset, now: now)
        // what closes may be an ask itself, and a copy of it is no late one
        return recall(late: record)
      }
      if subjects[name]?.isClosed != true { unanswered.append(name) }
      var subject = takeKept(record)
      subject.isClosed = true
      subjects[name] = subject
      if unanswered.count > limits.unansweredMaximum, let oldest = unanswered.first, oldest != name {
        unanswered.removeFirst()
        forgetEnd(of: oldest, at: record.offset, now: now)
      }
    }
    var subject = takeKept(record)
    opens(record, since: subject.begins)
    recall(&subject, record)
    subject.kept.append(record)
    subjects[name] = subject
  }

  private mutating func takeKept(_ record: FoldRecord) -> Subject {
    if let subject = subjects.removeValue(forKey: record.subject) { return subject }
    if undecided[record.subject] != nil { waitingCount += 1 }
    return begin(record)
  }

  /// Whether what follows from an end has been sent, or is sent by nobody here.
  private func isAnswered(_ record: FoldRecord, now: Int64) -> Bool {
    if !decider.answersEnds || record.offset < resumed.acknowledged { return true }
    return !hasCommit && record.timestamp < now - limits.unansweredMilliseconds
  }

  private mutating func forgetEnd(of name: String, at offset: Int64, now: Int64) {
    guard let subject = subjects.removeValue(forKey: name) else {
      return remember(name, [], begins: offset, since: now)
    }
    if undecided[name] != nil { waitingCount -= 1 }
    remember(name, subject.recalled, begins: subject.begins, since: now)
  }

  mutating func caughtUp(now: Int64) -> [FoldAction] {
    isRefolding = false
    var actions: [FoldAction] = []
    let order = subjects.keys.sorted { (subjects[$0]?.first ?? 0) < (subjects[$1]?.first ?? 0) }
    unanswered = Queue()
    for name in order {
      if undecided[name] == nil {
        decideKept(name, now: now, &actions)
      } else if subjects[name]?.isClosed == true {
        unanswered.append(name)
      }
    }
    forget(now: now)
    return actions
  }

  /// Folds the records that were kept of a subject, and decides it.
  mutating func decideKept(_ name: String, now: Int64, _ actions: inout [FoldAction]) {
    guard var subject = subjects[name] else { return }
    let kept = subject.kept
    subject.kept = []
    let known = kept.prefix { $0.offset < resumed.acknowledged }
    let passed = known.prefix { $0.offset < resumed.committed }
    for record in passed { evolveKnown(&subject, record) }
    if let state = subject.state, decider.phase(state) == .open {
      // What is open holds the committed offset back: this ended before the window, and was asked again within it.
      subject.state = nil
      remember(name, decider.recalled(Array(known)), begins: subject.begins, since: now)
    }
    if ended[name] != nil {
      // It ended before; only what came late is told of.
      for record in kept.dropFirst(known.count) { late(record, &subject, &actions) }
      return finish(name, &subject, now: now)
    }
    for record in known.dropFirst(passed.count) { evolveKnown(&subject, record) }
    if let last = known.last { recall(&subject, asOf: last.timestamp) }
    for record in kept.dropFirst(known.count) { evolve(&subject, record, &actions) }
    decide(name, &subject, causedBy: max(subject.first, resumed.acknowledged), now: now, &actions)
    finish(name, &subject, now: now)
  }

  /// Everything before the second offset has its outputs acknowledged, so what the records so far cause outside the log
  /// has been sent. What would stand on the log itself is read there, or it was not sent.
  private func recall(_ subject: inout Subject, asOf time: Int64) {
    guard let state = subject.state else { return }
    for output in decider.decide(state, now: time) where !output.returns { subject.sent[output.id] = true }
  }
}
