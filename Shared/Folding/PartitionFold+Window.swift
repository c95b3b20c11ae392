internal import Bus

/// What ended before the first record that is read here, and waits to be joined.
///
/// A subject that is opened between the two committed offsets, and is not marked as opened again, begins there: it is
/// decided without knowing the window. Any other may have ended before, and its records are kept until that is known.
extension PartitionFold {
  /// Whether the record's subject waits for the window.
  mutating func mustWait(_ record: FoldRecord) -> Bool {
    see(record)
    return undecided[record.subject] != nil
  }

  /// Tells at a subject's first record whether it waits.
  mutating func see(_ record: FoldRecord) {
    guard window != nil else { return }
    let name = record.subject
    let opened = decider.opens(record.envelope.type)
    if undecided[name] != nil {
      if opened { undecided[name] = record.offset }
      return
    }
    guard subjects[name] == nil, ended[name] == nil else { return }
    let begins =
      opened && record.offset < resumed.acknowledged
      && resumed.reopened?.contains(Progress.mark(name)) == false
    if !begins { undecided[name] = opened ? record.offset : -1 }
  }

  /// All of the window has been read: what waited is decided.
  package mutating func join(_ window: Window<D>, now: Int64) -> [FoldAction] {
    guard self.window != nil, !isRefolding else { return [] }
    self.window = nil
    let waiting = undecided
    undecided = [:]
    waitingCount = 0
    unanswered = Queue()
    joinEnds(window, waiting, now: now)
    return joinKept(window, waiting, now: now)
  }

  private mutating func joinEnds(_ window: Window<D>, _ waiting: [String: Int64], now: Int64) {
    var order = window.order
    while let name = order.first {
      order.removeFirst()
      guard let end = window.ended[name] else { continue }
      // opened here by one who knew what had ended
      if waiting[name] == nil, subjects[name] != nil { continue }
      remember(name, end.recalled, begins: end.begins, since: now)
      if let last = waiting[name] { reopenings.add(name, first: end.begins, last: last) }
    }
  }

  private mutating func joinKept(_ window: Window<D>, _ waiting: [String: Int64], now: Int64) -> [FoldAction] {
    var firsts: [(first: Int64, name: String)] = []
    for name in waiting.keys where window.kept[name] == nil {
      if let subject = subjects[name] { firsts.append((subject.first, name)) }
    }
    for (name, records) in window.kept where waiting[name] != nil || subjects[name] == nil && ended[name] == nil {
      firsts.append((records[0].offset, name))
    }
    var actions: [FoldAction] = []
    for (first, name) in firsts.sorted(by: { $0 < $1 }) {
      if let before = window.kept[name] {
        if let last = waiting[name] { reopenings.add(name, first: first, last: last) }
        if ended[name] != nil { remember(name, decider.recalled(before), begins: first, since: now) }
        var subject = subjects.removeValue(forKey: name) ?? beginBehind(name)
        subject.begins = first
        subject.recalled = decider.recalled(before) + subject.recalled
        subject.kept = before + subject.kept
        subjects[name] = subject
      }
      decideKept(name, now: now, &actions)
    }
    forget(now: now)
    return actions
  }

  /// A subject of which nothing is read here: should it hold something back, then what comes next.
  private mutating func beginBehind(_ name: String) -> Subject {
    holding.append((position, lastTimestamp, name))
    return Subject(first: position)
  }
}
