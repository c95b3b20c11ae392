import Testing
import Threads

@testable import Simulate

/// The whole system in one process with virtual time; `simulate` plays as many seeds as one likes.
@Suite("A simulated run") struct SimulationTests {
  @Test("ends every ask once, whatever is killed, moved, doubled, delayed or lost") func seeds() async throws {
    let outcome = try await Self.run(Campaign(seeds: 0..<150))
    for failure in outcome.failures {
      for broken in failure.broken { Issue.record("simulate 1 --from \(failure.seed): \(broken)") }
    }
    #expect(outcome.played == 150)
  }

  @Test("repeats nothing where nothing breaks") func calm() async throws {
    var campaign = Campaign(seeds: 0..<50)
    campaign.hasFaults = false
    let outcome = try await Self.run(campaign)
    for failure in outcome.failures {
      for broken in failure.broken { Issue.record("seed \(failure.seed) without faults: \(broken)") }
    }
    #expect(outcome.seen["requested", default: 0] > 100)
  }

  @Test("gives the same for the same seed") func again() throws {
    let catalogue = try Asks.catalogue()
    let first = Simulation.play(7, catalogue)
    let second = Simulation.play(7, catalogue)
    #expect(first.seen == second.seen)
    #expect(first.broken == second.broken)
  }

  /// So many seeds are enough to find each of the faults that can be put in.
  @Test("finds a fault that was put in on purpose", arguments: Mutation.allCases)
  func mutations(mutation: Mutation) async throws {
    var campaign = Campaign(seeds: 0..<mutation.seeds)
    campaign.mutation = mutation
    campaign.enough = 1
    let outcome = try await Self.run(campaign)
    #expect(!outcome.failures.isEmpty, "\(mutation.rawValue) was not found in \(outcome.played) seeds")
  }

  @Test("takes its options, and refuses what it does not know") func options() throws {
    let options = try #require(Options(["12", "--from", "7", "--mutation", "deaf", "--threads", "1"]))
    #expect(options.seeds == 12 && options.from == 7 && options.mutation == .deaf && options.threads == 1)
    #expect(Options([])?.seeds == 10_000)
    for wrong in [["0"], ["--mutation", "none"], ["--from"], ["-1"], ["--threads", "0"]] {
      #expect(Options(wrong) == nil)
    }
  }

  /// On threads of its own, because it takes long.
  private static func run(_ campaign: Campaign) async throws -> Campaign.Outcome {
    try await withCheckedThrowingContinuation { continuation in
      _ = NamedThread.start("campaign") { continuation.resume(with: Result { try campaign.run() }) }
    }
  }
}
