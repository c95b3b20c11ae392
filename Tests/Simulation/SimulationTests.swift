import Deliberation
import Foundation
import Testing

/// The whole system in one process with virtual time. `SIMULATION_SEED` plays one seed, `SIMULATION_SEEDS` so many.
@Suite("A simulated run") struct SimulationTests {
  @Test("ends every ask once, whatever is killed, doubled, delayed or lost", arguments: [0, 1])
  func seeds(half: Int) throws {
    let catalogue = try Catalogue(json: try JSON.parse(Array(Asks.configuration.utf8))) { _ in true }
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMULATION_SEED"].flatMap({ UInt64($0) }) {
      guard half == 0 else { return }
      try play(seed, catalogue, [:]).forEach { print($0.key, $0.value) }
      return
    }
    let count = environment["SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 100
    var seen: [String: Int] = [:]
    var failures = 0
    for seed in 0..<count where seed % 2 == UInt64(half) {
      let before = seen
      seen = try play(seed, catalogue, seen)
      if seen["broken", default: 0] > before["broken", default: 0] { failures += 1 }
      if failures > 5 { break }
    }
    // A fault that never happened was not survived.
    for what in [
      "decider killed", "caller killed", "partition moved", "written twice", "acknowledgement lost", "cancelled",
      "judge gave no JSON", "settled",
    ] {
      #expect(seen[what, default: 0] > 0, "\(what) never happened")
    }
  }

  private func play(_ seed: UInt64, _ catalogue: Catalogue, _ seen: [String: Int]) throws -> [String: Int] {
    let run = Run(seed: seed, catalogue: catalogue)
    let rested = run.play(steps: 4_000)
    let invariants = Invariants(run.universe, asks: run.asks)
    var seen = seen.merging(run.universe.seen, uniquingKeysWith: +)
    if !rested || !invariants.broken.isEmpty { seen["broken", default: 0] += 1 }
    #expect(rested, "seed \(seed) does not come to rest")
    for broken in invariants.broken { Issue.record("seed \(seed): \(broken)") }
    return seen
  }
}
