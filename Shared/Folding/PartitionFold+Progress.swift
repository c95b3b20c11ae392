/// What goes to the broker's offsets.
extension PartitionFold {
  /// How far may be committed now: never past the first record of a subject that is open or has outputs under way.
  package mutating func progress() -> Progress {
    while let head = holding.first, subjects[head.subject].map({ $0.first != head.first || !$0.isHolding }) ?? true {
      holding.removeFirst()
    }
    // What was committed stands: while it folds up to the end nothing is known to have been acknowledged anew.
    guard isSettled else { return resumed }
    var acknowledged = position
    for offset in unacknowledged.values { acknowledged = min(acknowledged, offset) }
    for offset in deadLetters { acknowledged = min(acknowledged, offset) }
    if let head = holding.first, head.first <= acknowledged {
      return Progress(
        committed: head.first, acknowledged: acknowledged, timestamp: head.timestamp,
        reopened: reopenings.across(head.first))
    }
    return Progress(committed: acknowledged, acknowledged: acknowledged, timestamp: lastTimestamp, reopened: [])
  }

  /// Whether everything is known that was to be learned after the assignment: before, nothing is committed.
  package var isSettled: Bool { !isRefolding && window == nil }
}
