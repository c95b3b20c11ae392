import Bus
import Deliberation
import Folding
import Threads

/// One run: asks come in, processes are scheduled in an order drawn from the seed, killed, moved and doubled; then the
/// faults stop and everything must come to its end.
final class Run {
  let universe: Universe
  /// When the faults stopped.
  private(set) var calm: Int64 = .max
  private let catalogue: Catalogue
  /// Whether anything breaks.
  private let hasFaults: Bool
  private var deciders: [Slot] = []
  private var callers: [CallerProcess] = []
  /// Processes that lost or gave away what they own and go on for so many steps.
  private var zombies: [(node: any Node, steps: Int)] = []
  private var lives = 0
  private var asked: [Asked] = []

  /// The owner of a partition of a deciding service, and what can be done to it.
  private struct Slot {
    let place: Universe.Place
    let make: () -> any Node
    let resign: (any Node) -> Void
    let loseLease: (any Node) -> Void
    let hear: (any Node, String) -> Void
    var node: any Node
  }

  private struct Asked {
    let id: String
    let at: Int64
    let ask: JSONObject
    let record: Outgoing
  }

  private static let asks = 3
  private static let faultySteps = 1_600
  private static let patience = 100_000

  init(seed: UInt64, mutation: Mutation?, isTold: Bool, hasFaults: Bool, catalogue: Catalogue) {
    universe = Universe(seed: seed, mutation: mutation, isTold: isTold)
    self.catalogue = catalogue
    self.hasFaults = hasFaults
    for partition in 0..<universe.partitions {
      decide("panel-dispatcher", partition, BookedDispatching(universe.cancels))
      decide("aggregator", partition, Assembling())
      decide("judge", partition, Judging())
    }
    callers = ["caller-a", "caller-b"].map { newCaller($0) }
    for partition in 0..<universe.partitions { callers[Int(partition)].assign(partition) }
    if !hasFaults { for node in nodes { node.isFaulty = false } }
  }

  private func decide<Logic: Decides>(_ service: String, _ partition: Int32, _ logic: Logic) {
    let universe = universe
    let place = Universe.Place(service: service, partition: partition)
    let make: () -> any Node = { DecidingNode(universe, place, logic) }
    deciders.append(
      Slot(
        place: place, make: make, resign: { ($0 as? DecidingNode<Logic>)?.resign() },
        loseLease: { ($0 as? DecidingNode<Logic>)?.loseLease() },
        hear: { ($0 as? DecidingNode<Logic>)?.hear($1) }, node: make()))
  }

  private func newCaller(_ name: String) -> CallerProcess {
    lives += 1
    return CallerProcess(universe, name: name, number: lives)
  }

  // MARK: Playing

  /// False where it did not come to rest.
  func play() -> Bool {
    for _ in 0..<Self.faultySteps { faultyStep() }
    stopFaults()
    for _ in 0..<Self.patience {
      if stepSomeone() { continue }
      guard let wake = wake() else { return true }
      pass(to: wake, isPunctual: true)
    }
    return false
  }

  /// What the processes have left undone.
  var unfinished: [String] { nodes.compactMap(\.unfinished) }

  private var nodes: [any Node] { deciders.map(\.node) + callers }

  private func wake() -> Int64? { nodes.compactMap(\.wake).min() }

  private func stopFaults() {
    calm = universe.now
    while universe.hasDelayed { universe.releaseOne() }
    for zombie in zombies { zombie.node.kill() }
    zombies = []
    for node in nodes { node.isFaulty = false }
    for caller in callers { caller.notice() }
  }

  /// False where nobody had anything to do.
  private func stepSomeone() -> Bool {
    let count = deciders.count + callers.count
    let first = universe.pick(0..<count)
    for offset in 0..<count {
      let index = (first + offset) % count
      let node: any Node = index < deciders.count ? deciders[index].node : callers[index - deciders.count]
      guard node.isBusy else { continue }
      node.step()
      return true
    }
    return false
  }

  private func faultyStep() {
    if asked.count < Self.asks, universe.pick(0..<200) == 0 { ask() }
    if hasFaults { disturb() }
    if !zombies.isEmpty, universe.chance(25) { return stepZombie() }
    if !stepSomeone(), let wake = wake() { pass(to: wake, isPunctual: true) }
  }

  private func disturb() {
    switch universe.pick(0..<4_000) {
    case 0..<8: crash()
    case 8..<18: move()
    case 18..<24: crashCaller()
    case 24..<40: moveCaller()
    case 40..<60: universe.releaseOne()
    case 60..<66: cancel()
    case 66..<72: askAgain()
    case 72..<74: restore()
    case 74..<110: for caller in callers where caller.hasLost { caller.notice() }
    case 110..<310: pass(to: universe.now + jump(), isPunctual: universe.chance(90))
    default: break
    }
  }

  private func stepZombie() {
    let index = universe.pick(0..<zombies.count)
    zombies[index].node.step()
    zombies[index].steps -= 1
    if zombies[index].steps <= 0 { zombies.remove(at: index).node.kill() }
  }

  // MARK: Time

  private func jump() -> Int64 {
    Int64(universe.pick(1..<(universe.chance(4) ? 20_000 : universe.chance(20) ? 2_000 : 80)))
  }

  /// Time passes. A process that is not held up says each second which calls go on where their partition is not; for one
  /// that is, nobody may count on what it has not said.
  private func pass(to moment: Int64, isPunctual: Bool) {
    guard isPunctual else {
      universe.count("callers held up")
      var owners: [Int32: Int] = [:]
      for caller in callers {
        for partition in 0..<universe.partitions where caller.owns(partition) { owners[partition] = caller.number }
      }
      universe.executions.stalled(owners: owners)
      universe.advance(to: moment)
      return
    }
    for caller in callers { caller.sayAndHear() }
    while universe.now < moment {
      universe.advance(to: min(moment, universe.now + 500))
      for caller in callers { caller.sayAndHear() }
    }
  }

  // MARK: Faults

  private func crash() {
    universe.count("decider killed")
    let index = universe.pick(0..<deciders.count)
    deciders[index].node.kill()
    deciders[index].node = deciders[index].make()
  }

  /// The partition goes to another instance: in order, or while the old one does not know it yet.
  private func move() {
    let index = universe.pick(0..<deciders.count)
    let old = deciders[index].node
    if universe.chance(50) {
      universe.count("partition of a decider moved")
      deciders[index].resign(old)
      zombies.append((old, 200))
    } else {
      universe.count("partition of a decider lost")
      deciders[index].loseLease(old)
      zombies.append((old, universe.pick(1..<80)))
    }
    deciders[index].node = deciders[index].make()
  }

  /// A caller dies and comes back; its partitions may be another's by then.
  private func crashCaller() {
    universe.count("caller killed")
    let index = universe.pick(0..<callers.count)
    let old = callers[index]
    let owned = (0..<universe.partitions).filter(old.owns)
    old.kill()
    callers[index] = newCaller(old.name)
    for partition in owned { callers[universe.chance(50) ? index : 1 - index].assign(partition) }
  }

  private func moveCaller() {
    let partition = Int32(universe.pick(0..<Int(universe.partitions)))
    guard let index = callers.firstIndex(where: { $0.owns(partition) }) else { return }
    let (old, new) = (callers[index], callers[1 - index])
    if universe.chance(65) {
      universe.count("partition of a caller moved")
      let isCommitted = !universe.chance(8)
      if !isCommitted { universe.executions.lost(partition, process: old.number) }
      old.revoke(partition, isCommitted: isCommitted)
    } else {
      universe.count("partition of a caller lost")
      universe.executions.lost(partition, process: old.number)
      old.loseLease(partition)
    }
    new.assign(partition)
  }

  private func restore() {
    guard let asked = asked.isEmpty ? nil : universe.pick(asked) else { return }
    universe.count("restored")
    append(.restored, of: asked.id, "broker-\(universe.sequence)")
  }

  private func append(_ event: Event, of deliberation: String, _ discriminator: String) {
    let output = Output.event(event, of: deliberation, discriminator)
    universe.append(
      Sender(service: "ledger", instance: "ledger-0", incarnation: "0", clock: universe.clockwork).record(
        output, topic: universe.topics.events, partition: nil, traceparent: nil))
  }

  // MARK: Asks

  private func ask() {
    let number = asked.count + 1
    let id = "ask-\(number)"
    var ask = Asks.draw(universe)
    if universe.chance(80) { ask.append("reply", reply(1)) }
    // a request to cancel may come before its ask is taken in
    if universe.chance(3) {
      universe.count("cancelled before it was asked")
      universe.cancelledFirst.insert(id)
      book(id, CancelRequested(by: .client))
    }
    guard let record = intake(ask, id: id, askID: "first-\(number)") else { return }
    universe.append(record)
    if universe.chance(10) { universe.append(record) }
    asked.append(Asked(id: id, at: universe.now, ask: ask, record: record))
  }

  /// The same record once more, the same ask from another gateway, or another one under its id; all within the time for
  /// which an end is remembered.
  private func askAgain() {
    guard let first = asked.isEmpty ? nil : universe.pick(asked), universe.now - first.at < 100_000 else { return }
    var ask = first.ask
    switch universe.pick(0..<3) {
    case 0:
      universe.count("ask taken in again")
      universe.append(first.record)
      return
    case 1:
      universe.count("asked twice")
      ask["reply"] = reply(universe.pick(1..<3))
    default:
      universe.count("asked otherwise under its id")
      ask = Asks.draw(universe)
      if universe.chance(70) { ask.append("reply", reply(2)) }
    }
    if let record = intake(ask, id: first.id, askID: "again-\(universe.sequence)") { universe.append(record) }
  }

  private func reply(_ gateway: Int) -> JSON {
    ["partition": .int(Int64(gateway % 2)), "gateway": .string("gateway-\(gateway)"), "incarnation": "1"]
  }

  private func intake(_ ask: JSONObject, id: String, askID: String) -> Outgoing? {
    let result = Intake.output(
      ask: JSON.object(ask).bytes, id: askID, source: "/test", subject: id, topic: universe.topics.requests,
      partition: 0, offset: Int64(universe.sequence), key: nil, catalogue: catalogue,
      now: Moment(milliseconds: universe.now))
    switch result {
    case .requested: universe.count("requested")
    case .rejected: universe.count("rejected")
    case .unreadable(let reason): universe.broken.append("an ask cannot be read: \(reason)")
    }
    guard let output = result.output else { return nil }
    return Sender(
      service: "panel-dispatcher", instance: "panel-dispatcher-0", incarnation: "0", clock: universe.clockwork
    )
    .record(output, topic: universe.topics.events, partition: nil, traceparent: nil)
  }

  private func cancel() {
    guard let asked = asked.isEmpty ? nil : universe.pick(asked) else { return }
    universe.count("cancelled")
    let members = universe.chance(60) ? [universe.pick(0..<3)] : nil
    book(asked.id, CancelRequested(by: .client, members: members))
    let home = universe.home(asked.id)
    for slot in deciders where slot.place.service == "panel-dispatcher" && slot.place.partition == home {
      slot.hear(slot.node, asked.id)
    }
  }

  /// Every dispatcher reads all requests to cancel before it decides.
  private func book(_ id: String, _ request: CancelRequested) {
    let cancel = Dispatching.PendingCancel(
      request: request, source: "/conclave/gateway", id: "cancel-\(universe.sequence)-\(request.members ?? [])")
    universe.cancels.withLock { $0[id, default: []].append(cancel) }
  }
}
