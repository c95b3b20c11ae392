internal import Bus

/// Folding up to the end of the partition after an assignment: records are kept unparsed, what ended is dropped as soon as
/// nothing follows from its end any more, and at the end each subject is decided once.
extension PartitionFold {
  func keep(_ record: FoldRecord, now: Int64) {
    let name = record.subject
    if ended[name] != nil {
      // What a late record causes is sent after the end was reached, where it may never have been.
      guard decider.matters(late: record.type) else { return }
      guard record.offset >= resumed.acknowledged else { return recall(late: record) }
    } else if decider.closes(record, isFirst: subjects[name] == nil) {
      if isAnswered(record, now: now) {
        forgetEnd(of: name, now: now)
        // what closes may be an ask itself, and a copy of it is no late one
        return recall(late: record)
      }
      let place = subjects[name] ?? begin(record)
      if !place.subject.isClosed { unanswered.append(name) }
      place.subject.isClosed = true
      if unanswered.count > limits.unansweredMaximum, let oldest = unanswered.first, oldest != name {
        unanswered.removeFirst()
        forgetEnd(of: oldest, now: now)
      }
    }
    let place = subjects[name] ?? begin(record)
    recall(&place.subject, record)
    place.subject.kept.append(record)
  }

  /// Whether what follows from an end has been sent, or is sent by nobody here.
  private func isAnswered(_ record: FoldRecord, now: Int64) -> Bool {
    if !decider.answersEnds || record.offset < resumed.acknowledged { return true }
    return !hasCommit && record.timestamp < now - limits.unansweredMilliseconds
  }

  private func forgetEnd(of name: String, now: Int64) {
    remember(name, subjects.removeValue(forKey: name)?.subject.recalled ?? [], since: now)
  }

  func caughtUp(now: Int64) -> [FoldAction] {
    isRefolding = false
    unanswered = Queue()
    var actions: [FoldAction] = []
    let order = subjects.sorted { $0.value.subject.first < $1.value.subject.first }
    for (name, place) in order { caughtUp(name, &place.subject, now: now, &actions) }
    forget(now: now)
    return actions
  }

  private func caughtUp(
    _ name: String, _ subject: inout Subject, now: Int64, _ actions: inout [FoldAction]
  ) {
    let kept = subject.kept
    subject.kept = []
    let known = kept.prefix { $0.offset < resumed.acknowledged }
    let passed = known.prefix { $0.offset < resumed.committed }
    for record in passed { evolveKnown(&subject, record) }
    if let state = subject.state, decider.phase(state) == .open {
      // What is open holds the committed offset back: this ended before the window, and was asked again within it.
      subject.state = nil
      remember(name, known.filter { decider.matters(late: $0.type) }.map(\.id), since: now)
    }
    if ended[name] != nil {
      // It ended before; only what came late is told of.
      for record in kept.dropFirst(known.count) { late(record, &subject, &actions) }
      finish(name, &subject, now: now)
      return
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
