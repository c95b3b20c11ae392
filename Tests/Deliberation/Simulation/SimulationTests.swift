import Deliberation
import Testing

@Suite("Simulated systems") struct SimulationTests {
  /// As many as a newcomer has patience for; the first number of a failure reproduces it.
  static let seeds = UInt64(0)..<40

  @Test("end every ask once, whatever happens in between", arguments: seeds)
  func once(seed: UInt64) throws {
    try check(seed: seed, faults: true)
  }

  @Test("repeat no call where nothing breaks", arguments: UInt64(1000)..<1020)
  func calm(seed: UInt64) throws {
    let world = try check(seed: seed, faults: false)
    #expect(world.executions.values.allSatisfy { $0 == 1 })
    #expect(world.commandsSent.values.allSatisfy { $0 == 1 })
  }

  @discardableResult private func check(seed: UInt64, faults: Bool) throws -> World {
    var world = World(seed: seed, faults: faults)
    for number in 0..<6 { try world.ask(number) }
    try world.run()
    for id in world.asked { try check(world, id) }
    try copies(world)
    return world
  }

  private func check(_ world: World, _ id: String) throws {
    let events = world.log.filter { $0.subject == id }
    var state: Deliberation?
    for recorded in events { Deliberation.evolve(&state, recorded) }
    let folded = try #require(state)
    let end = try #require(folded.end, "\(id) has no end")
    // one result, sent on that end
    let results = world.results.filter { $0.id == "\(id)/result/end" }
    #expect(!results.isEmpty, "\(id) has no result")
    #expect(results.allSatisfy { $0.causation == end.id }, "\(id): a result followed another end")
    let body = try #require(Results.result(folded))
    for result in results { #expect(try JSON.parse(result.value)["body"] == body.body, "\(id): its results differ") }
    for joined in folded.joined where joined.value.verdict != .joined {
      let name = "\(id)/result/\(joined.value.discriminator)"
      #expect(world.results.contains { $0.id == name }, "\(id): the ask \(joined.value.origin.id) has no result")
    }
    guard let totals = end.value.totals else { return }
    #expect(try verify(events, totals.digest, totals.digestEvents), "\(id): the digest does not verify")
    try sealed(folded, end.place, id)
    try settled(folded, totals, id)
    try calls(world, folded, id)
  }

  /// The first so many first occurrences give the digest.
  private func verify(_ events: [Recorded], _ digest: String, _ count: Int) throws -> Bool {
    var seen: Set<String> = []
    let lines = events.filter { seen.insert($0.id).inserted }.prefix(count).map {
      "\($0.id) \(Hex.text($0.valueHash))\n"
    }
    return SHA256.hex(lines.joined()) == digest
  }

  private func sealed(_ folded: Deliberation, _ end: Int, _ id: String) throws {
    guard case .completed(let completed)? = folded.end?.value, folded.panelSits else { return }
    let seal = try #require(folded.lastSeal, "\(id) completed without a seal")
    #expect(seal.place < end)
    let all = seal.value.answered + seal.value.failed + seal.value.abandoned
    #expect(Set(all).count == all.count, "\(id): a call stands twice in a seal")
    #expect(
      Set(all.compactMap(\.member)) == Set(folded.ask?.value.panel.indices ?? 0..<0), "\(id): a member is missing")
    #expect(completed.answerCall.purpose != .panel || seal.value.answered.contains(completed.answerCall))
  }

  private func settled(_ folded: Deliberation, _ totals: Totals, _ id: String) throws {
    let late = folded.calls.values.contains { ($0.outcome?.place ?? 0) >= totals.digestEvents }
    guard !totals.costFinal else { return }
    let settled = try #require(folded.settled, "\(id) was never settled though its cost was open (late: \(late))")
    var cost = 0.0
    for key in folded.calls.keys.sorted() {
      guard let outcome = folded.calls[key]?.outcome, outcome.place < settled.place else { continue }
      cost += outcome.value.cost ?? 0
    }
    #expect(settled.value.cost <= cost + 1e-9)
  }

  private func calls(_ world: World, _ folded: Deliberation, _ id: String) throws {
    let standIns = folded.ask?.value.standIns.count ?? 0
    for key in folded.calls.keys {
      #expect(key.attempt <= (key.purpose == .panel ? standIns : 1), "\(id): \(key) is one attempt too many")
      let made = world.executions[key.id(in: id).text] ?? 0
      #expect(made <= 1 + world.crashes, "\(id): \(key) was made \(made) times")
    }
  }

  /// Whatever has one id says one thing, whoever wrote it; only what rests on a clock may differ in the log, where the
  /// first wins.
  private func copies(_ world: World) throws {
    for result in world.results {
      let all = Set(world.values[result.id] ?? [])
      #expect(all.count == 1, "\(result.id) was written with \(all.count) contents")
    }
  }
}
