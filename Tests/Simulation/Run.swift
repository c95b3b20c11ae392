import Bus
import Deliberation
import Folding

/// One run: asks come in, nodes are scheduled in an order drawn from the seed, killed, moved and doubled; then the faults
/// stop and everything must come to its end.
final class Run {
  let universe: Universe
  private var nodes: [Slot] = []
  private var zombies: [(node: any Node, steps: Int)] = []
  private(set) var asks: [String: Moment] = [:]
  private var asked = 0
  private let catalogue: Catalogue

  private struct Slot {
    let kill: (any Node) -> Void
    let make: () -> any Node
    let calm: (any Node) -> Void
    var node: any Node
    let isCaller: Bool
  }

  init(seed: UInt64, catalogue: Catalogue) {
    universe = Universe(seed: seed)
    self.catalogue = catalogue
    for partition in 0..<universe.partitions {
      decide("panel-dispatcher", partition, Dispatching())
      decide("aggregator", partition, Assembling())
      decide("judge", partition, Judging())
      let universe = universe
      let make: () -> any Node = { CallerNode(universe, partition: partition) }
      nodes.append(
        Slot(
          kill: { ($0 as? CallerNode)?.kill(universe) }, make: make,
          calm: { ($0 as? CallerNode)?.isFaulty = false }, node: make(), isCaller: true))
    }
  }

  private func decide<Logic: Decides>(_ service: String, _ partition: Int32, _ logic: Logic) {
    let universe = universe
    let make: () -> any Node = { DecidingNode(universe, service: service, partition: partition, logic: logic) }
    nodes.append(
      Slot(
        kill: { ($0 as? DecidingNode<Logic>)?.kill(universe) }, make: make,
        calm: { ($0 as? DecidingNode<Logic>)?.isFaulty = false }, node: make(), isCaller: false))
  }

  /// Plays `steps` steps with faults, then as many as it takes without; false where it did not come to rest.
  func play(steps: Int) -> Bool {
    for _ in 0..<steps { step() }
    for index in nodes.indices { nodes[index].calm(nodes[index].node) }
    zombies = []
    for _ in 0..<200_000 {
      let index = universe.pick(0..<nodes.count)
      _ = nodes[index].node.step(universe)
      guard universe.chance(2) else { continue }
      if isIdle() {
        guard let wake = nodes.compactMap(\.node.wake).min() else { return true }
        universe.advance(to: wake + 1)
      }
    }
    return false
  }

  /// Nothing to do for anyone, tried often enough that every kind of step was.
  private func isIdle() -> Bool {
    for slot in nodes { for _ in 0..<12 where slot.node.step(universe) { return false } }
    for slot in nodes { for _ in 0..<40 where slot.node.step(universe) { return false } }
    return true
  }

  private func step() {
    let universe = universe
    if asked < 6, universe.chance(2) { ask() }
    if !asks.isEmpty, universe.chance(1), universe.chance(20) { cancel() }
    if universe.chance(1), universe.chance(25) { crash() }
    if universe.chance(1), universe.chance(25) { move() }
    if universe.chance(10) {
      universe.advance(to: universe.now + Int64(universe.pick(1..<(universe.chance(3) ? 20_000 : 80))))
    }
    if let index = zombies.indices.randomElement(using: &universe.random), universe.chance(30) {
      _ = zombies[index].node.step(universe)
      zombies[index].steps -= 1
      if zombies[index].steps <= 0 { zombies.remove(at: index) }
      return
    }
    _ = nodes[universe.pick(0..<nodes.count)].node.step(universe)
  }

  private func crash() {
    let index = universe.pick(0..<nodes.count)
    universe.count(nodes[index].isCaller ? "caller killed" : "decider killed")
    if nodes[index].isCaller { universe.callerLosses += 1 }
    nodes[index].kill(nodes[index].node)
    nodes[index].node = nodes[index].make()
  }

  /// The partition goes to another process while the old one does not know it yet.
  private func move() {
    let index = universe.pick(0..<nodes.count)
    guard !nodes[index].isCaller else { return }
    universe.count("partition moved")
    nodes[index].node.isOwner = false
    zombies.append((nodes[index].node, universe.pick(1..<60)))
    nodes[index].node = nodes[index].make()
  }

  private func ask() {
    asked += 1
    let id = "ask-\(asked)"
    let body = Asks.draw(universe)
    let value = JSON.object(["request": body, "tenant": "t"]).bytes
    let result = Intake.output(
      ask: value, id: id, source: "/test", subject: nil, topic: universe.topics.requests, partition: 0,
      offset: Int64(asked), key: nil, catalogue: catalogue, now: Moment(milliseconds: universe.now))
    guard case .requested(let output) = result, let subject = output.subject else {
      universe.count("ask refused")
      return
    }
    let sender = Sender(service: "panel-dispatcher", instance: "i", incarnation: "0", clock: { 0 })
    let record = sender.record(output, topic: universe.topics.events, partition: nil, traceparent: nil)
    universe.append(record)
    if universe.chance(10) { universe.append(record) }
    if let value = output.value as [UInt8]?, let json = try? JSON.parse(value), let text = json["deadline"]?.string {
      asks[subject] = Moment(rfc3339: text)
    }
  }

  private func cancel() {
    guard let id = asks.keys.sorted().randomElement(using: &universe.random) else { return }
    universe.count("cancelled")
    let request = CancelRequested(by: .client, members: universe.chance(50) ? [0] : nil)
    let envelope = Envelope(
      id: IDs.event(id, "deliberation.cancel_requested", "c\(universe.pick(0..<3))"),
      type: Event.cancelRequested(request).type, source: "/test", subject: id,
      time: Moment(milliseconds: universe.now).rfc3339)
    universe.append(
      Outgoing(
        topic: universe.topics.events, partition: nil, key: Array(id.utf8), value: request.json.bytes,
        headers: envelope.headers))
  }
}
