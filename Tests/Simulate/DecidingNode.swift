import Bus
import Deliberation
import Folding

/// One deciding service on one partition of the log, in the runtime that production uses.
final class DecidingNode<Logic: Decides>: Node {
  private enum Step { case read, write, hear, tick, acknowledge }

  private let universe: Universe
  private let place: Universe.Place
  private let foldedTo: Int64
  private var fold: PartitionFold<Mutant<Logic>>
  private var outbox = Outbox<FoldToken>()
  private var position: Int
  /// When the fold wants to be asked again.
  private var tick: Int64?
  private var committed: Progress
  /// Deliberations about which something was heard from elsewhere.
  private var heard: [String] = []
  /// A zombie goes on deciding and writing, but its commits are refused.
  private var isOwner = true
  /// It gave its partition away and only writes what it had decided.
  private var hasResigned = false
  var isFaulty = true

  /// Takes the partition over from where the last owner committed, as production does: on the embedded broker from the
  /// partition's beginning, else from as long before the committed offset as an end is remembered.
  init(_ universe: Universe, _ place: Universe.Place, _ logic: Logic) {
    self.universe = universe
    self.place = place
    let life = universe.began(place)
    let last = universe.committed[place]
    let resumed = Progress(committed: last?.offset ?? 0, metadata: last?.metadata)
    committed = resumed
    let limits = FoldLimits()
    var start = resumed.committed
    if last == nil || universe.chance(30) {
      start = 0
    } else if resumed.timestamp > limits.windowMilliseconds {
      let earliest = resumed.timestamp - limits.windowMilliseconds
      start = min(start, universe.offset(.events, place.partition, atTime: earliest))
    }
    if universe.mutation == .noWindow { start = resumed.committed }
    position = Int(start)
    universe.tell("\(place.service) \(life) takes \(place.partition) over at \(resumed), from \(start)")
    foldedTo = Int64(universe.length(.events, place.partition))
    fold = PartitionFold(
      decider: Mutant(universe, place, logic, life: life), limits: limits, resumed: resumed, start: start,
      end: foldedTo, now: universe.now,
      closed: { state in
        // a copy of an end alone, found after all else was forgotten, is followed by nobody
        guard let state = state.inner?.deliberation, Results.result(state) != nil else { return }
        universe.closed.append((place, state))
      })
  }

  var wake: Int64? { hasResigned ? nil : tick }
  private var isDue: Bool { tick.map { $0 <= universe.now } ?? false }
  private var hasUnread: Bool { position < universe.length(.events, place.partition) }

  var isBusy: Bool {
    if hasResigned { return outbox.hasUnderWay }
    return hasUnread || !outbox.isEmpty || !heard.isEmpty || isDue
  }

  func step() {
    if hasResigned { return outbox.write(universe, faults: isFaulty) }
    var steps: [Step] = []
    if hasUnread { steps += [.read, .read] }
    if outbox.hasUnderWay { steps += [.write, .write] }
    if outbox.hasWritten { steps += [.acknowledge, .acknowledge] }
    if !heard.isEmpty { steps.append(.hear) }
    if isDue { steps.append(.tick) }
    guard !steps.isEmpty else { return }
    switch universe.pick(steps) {
    case .read: read()
    case .write: outbox.write(universe, faults: isFaulty)
    case .acknowledge:
      if let token = outbox.acknowledged(universe) { carryOut(fold.acknowledged(token, now: universe.now)) }
    case .hear: carryOut(fold.reconsider(heard.removeLast(), now: universe.now))
    case .tick: carryOut(fold.tick(now: universe.now))
    }
    tick = fold.nextTick
    if universe.chance(20) { commit() }
  }

  func kill() { outbox.abandon(universe) }

  var unfinished: String? {
    fold.openCount == 0 && fold.pendingCount == 0 && !fold.isRefolding
      ? nil
      : "\(place.service) on \(place.partition) has \(fold.openCount) open and \(fold.pendingCount) outputs waiting"
  }

  /// Something was asked for that does not stand in the log.
  func hear(_ deliberation: String) { heard.append(deliberation) }

  /// Another owner has the partition, and nobody has told this one.
  func loseLease() { isOwner = false }

  /// Gives the partition away in order: what is acknowledged is committed, what is decided still goes out.
  func resign() {
    while let token = outbox.acknowledged(universe) { carryOut(fold.acknowledged(token, now: universe.now)) }
    commit()
    hasResigned = true
    isOwner = false
  }

  private func read() {
    let record = universe.record(.events, place.partition, position)
    position += 1
    do {
      carryOut(fold.read(try FoldRecord(record, partitions: universe.partitions), now: universe.now))
    } catch {
      carryOut(fold.unreadable(record, reason: error.description, now: universe.now))
    }
  }

  private func commit() {
    guard isOwner, !fold.isRefolding else { return }
    var progress = fold.progress()
    if universe.mutation == .commitsAhead {
      progress = Progress(committed: fold.position, acknowledged: fold.position, timestamp: progress.timestamp)
    }
    guard progress != committed else { return }
    committed = progress
    universe.committed[place] = (progress.committed, progress.metadata)
  }

  private func carryOut(_ actions: [FoldAction]) {
    for action in actions {
      switch action {
      case .send(let record, let token):
        if record.headers.text("ce_type") == CallCommand.type, let id = record.headers.text("ce_id") {
          universe.sends(id, place, foldedTo: foldedTo)
        }
        outbox.send(record, token)
      case .deadLetter(let record, let reason, let token):
        universe.broken.append("a dead letter: \(reason)")
        outbox.send(
          Outgoing(topic: universe.topics.deadLetters, partition: 0, key: record.key, value: nil), token)
      }
    }
  }
}

extension Mutant {
  init(_ universe: Universe, _ place: Universe.Place, _ logic: Logic, life: Int) {
    let service = place.service
    inner = DeliberationDecider(
      logic: MutantLogic(logic: logic, mutation: universe.mutation, life: life), topics: universe.topics,
      sender: Sender(
        service: service, instance: "\(service)-\(life % 2)", incarnation: "\(life)", clock: universe.clockwork),
      hashes: true)
    mutation = universe.mutation
  }
}
