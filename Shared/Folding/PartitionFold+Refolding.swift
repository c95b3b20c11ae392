internal import Bus

/// Folding up to the end of the partition after an assignment: records are kept unparsed, what ended is dropped as soon as
/// nothing follows from its end any more, and at the end each subject is decided once.
extension PartitionFold {
  mutating func keep(_ record: FoldRecord, now: Int64) {
    let name = record.subject
    if ended[name] != nil {
      // What a late record causes is sent after the end was reached, where it may never have been.
      guard decider.matters(late: record.envelope.type) else { return }
      guard record.offset >= resumed.acknowledged else { return recall(late: record) }
    } else if decider.closes(record, isFirst: subjects[name] == nil) {
      if isAnswered(record, now: now) {
        forgetEnd(of: name, now: now)
        // what closes may be an ask itself, and a copy of it is no late one
        return recall(late: record)
      }
      if subjects[name]?.isClosed != true { unanswered.append(name) }
      var subject = subjects.removeValue(forKey: name) ?? begin(record)
      subject.isClosed = true
      subjects[name] = subject
      if unanswered.count > limits.unansweredMaximum, let oldest = unanswered.first, oldest != name {
        unanswered.removeFirst()
        forgetEnd(of: oldest, now: now)
      }
    }
    var subject = subjects.removeValue(forKey: name) ?? begin(record)
    recall(&subject, record)
    subject.kept.append(record)
    subjects[name] = subject
  }

  /// Whether what follows from an end has been sent, or is sent by nobody here.
  private func isAnswered(_ record: FoldRecord, now: Int64) -> Bool {
    if !decider.answersEnds || record.offset < resumed.acknowledged { return true }
    return !hasCommit && record.timestamp < now - limits.unansweredMilliseconds
  }

  private mutating func forgetEnd(of name: String, now: Int64) {
    remember(name, subjects.removeValue(forKey: name)?.recalled ?? [], since: now)
  }

  mutating func caughtUp(now: Int64) -> [FoldAction] {
    isRefolding = false
    unanswered = Queue()
    var actions: [FoldAction] = []
    let order = subjects.keys.sorted { (subjects[$0]?.first ?? 0) < (subjects[$1]?.first ?? 0) }
    for name in order {
      guard var subject = subjects[name] else { continue }
      let kept = subject.kept
      subject.kept = []
      let known = kept.prefix { $0.offset < resumed.acknowledged }
      let passed = known.prefix { $0.offset < resumed.committed }
      for record in passed { evolveKnown(&subject, record) }
      if let state = subject.state, decider.phase(state) == .open {
        // What is open holds the committed offset back: this ended before the window, and was asked again within it.
        subject.state = nil
        remember(name, known.filter { decider.matters(late: $0.envelope.type) }.map(\.envelope.id), since: now)
      }
      if ended[name] != nil {
        // It ended before; only what came late is told of.
        for record in kept.dropFirst(known.count) { late(record, &subject, &actions) }
        finish(name, &subject, now: now)
        continue
      }
      for record in known.dropFirst(passed.count) { evolveKnown(&subject, record) }
      if let last = known.last { recall(&subject, asOf: last.timestamp) }
      for record in kept.dropFirst(known.count) { evolve(&subject, record, &actions) }
      decide(name, &subject, causedBy: max(subject.first, resumed.acknowledged), now: now, &actions)
      finish(name, &subject, now: now)
    }
    forget(now: now)
    return actions
  }

  /// Everything before the second offset has its outputs acknowledged, so what the records so far cause outside the log
  /// has been sent. What would stand on the log itself is read there, or it was not sent.
  private func recall(_ subject: inout Subject, asOf time: Int64) {
    guard let state = subject.state else { return }
    for output in decider.decide(state, now: time) where !output.returns { subject.sent[output.id] = true }
  }
}
