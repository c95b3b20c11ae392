import Deliberation

/// One copy of a deciding service: what it has read, what it has sent, and nothing else.
struct Node {
  enum Role: String, CaseIterable { case dispatcher, aggregator, judge }

  let role: Role
  /// A copy that lost its partition and does not know it yet.
  var isZombie = false
  private(set) var position = 0
  private(set) var states: [String: Deliberation] = [:]
  private var ended: Set<String> = []
  private var sent: Set<String> = []
  /// Asks that were read: a copy of one is no other ask.
  private var asks: Set<String> = []
  private(set) var acknowledged: Set<String> = []
  /// Decided, and not yet with the brokers.
  var outbox: [Output] = []
  var cancels: [String: [Dispatching.PendingCancel]] = [:]

  init(_ role: Role) { self.role = role }

  /// Reads the next record; what it says may make something due.
  mutating func read(_ log: [Recorded], now: Moment) {
    guard position < log.count else { return }
    let recorded = log[position]
    position += 1
    fold(recorded, now: now, decides: true)
  }

  /// After a crash: everything up to the log's end is folded before anything is decided.
  mutating func recover(_ log: [Recorded], now: Moment) {
    let pending = cancels
    self = Node(role)
    cancels = pending
    var endings: [String] = []
    while position < log.count {
      let recorded = log[position]
      position += 1
      let wasOpen = states[recorded.subject] != nil
      fold(recorded, now: now, decides: false)
      if wasOpen, ended.contains(recorded.subject) { endings.append(recorded.subject) }
    }
    for id in states.keys.sorted() { decide(id, now: now) }
  }

  /// A clock went off, or might have.
  mutating func wake(now: Moment) {
    for id in states.keys.sorted() where isDue(id, now: now) { decide(id, now: now) }
  }

  var nextWake: Moment? { states.values.compactMap(wake).min() }

  private func isDue(_ id: String, now: Moment) -> Bool {
    states[id].flatMap(wake).map { $0 <= now } ?? false
  }

  private func wake(_ state: Deliberation) -> Moment? {
    switch role {
    case .dispatcher: Dispatching().wake(state)
    case .aggregator: Assembling().wake(state)
    case .judge: Judging().wake(state)
    }
  }

  private func isAsk(_ recorded: Recorded) -> Bool {
    switch recorded.event {
    case .requested?, .rejected?: true
    default: false
    }
  }

  private mutating func fold(_ recorded: Recorded, now: Moment, decides: Bool) {
    let id = recorded.subject
    let isKnownAsk = isAsk(recorded) && !asks.insert(recorded.id).inserted
    if ended.contains(id) {
      if role == .aggregator, !isKnownAsk { send(Assembling().late(recorded)) }
      return
    }
    var state = states[id]
    Deliberation.evolve(&state, recorded)
    states[id] = state
    guard let state else { return }
    let isOver = state.end != nil && !isOpen(state)
    if decides || isOver { decide(id, now: now) }
    if isOver {
      ended.insert(id)
      states[id] = nil
    }
  }

  private func isOpen(_ state: Deliberation) -> Bool {
    switch role {
    case .dispatcher: Dispatching().isOpen(state)
    case .aggregator: Assembling().isOpen(state)
    case .judge: Judging().isOpen(state)
    }
  }

  private mutating func decide(_ id: String, now: Moment) {
    guard let state = states[id] else { return }
    switch role {
    case .dispatcher: send(Dispatching().decide(state, now: now, cancels: cancels[id] ?? []))
    case .aggregator: send(Assembling().decide(state, now: now))
    case .judge: send(Judging().decide(state, now: now))
    }
  }

  mutating func decideAgain(_ id: String, now: Moment) { decide(id, now: now) }

  private mutating func send(_ outputs: [Output]) {
    for output in outputs where sent.insert(output.id).inserted { outbox.append(output) }
  }

  /// What may go out now: whatever must come first has been acknowledged.
  var ready: [Int] { outbox.indices.filter { outbox[$0].after.allSatisfy(acknowledged.contains) } }

  mutating func take(_ index: Int, isAcknowledged: Bool) -> Output {
    if isAcknowledged {
      acknowledged.insert(outbox[index].id)
      return outbox.remove(at: index)
    }
    // the answer of the broker was lost: it will be sent once more
    return outbox[index]
  }

  var isQuiet: Bool { outbox.isEmpty }
}
