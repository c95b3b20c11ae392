import Deliberation
import Threads

/// Many seeds on some threads.
struct Campaign {
  struct Failure {
    let seed: UInt64
    let broken: [String]
  }

  struct Outcome {
    var played = 0
    var failures: [Failure] = []
    var seen: [String: Int] = [:]

    /// Faults and asks that never happened.
    var missing: [String] { Simulation.faults.filter { seen[$0] == nil } }
  }

  private struct State {
    var next: UInt64
    var outcome = Outcome()
  }

  let seeds: Range<UInt64>
  var threads = 2
  var mutation: Mutation?
  var isTold = false
  var hasFaults = true
  /// After so many failing seeds no more are begun.
  var enough = 5

  func run() throws -> Outcome {
    let catalogue = try Asks.catalogue()
    let state = Lock(State(next: seeds.lowerBound))
    let campaign = self
    let (end, enough) = (seeds.upperBound, enough)
    let handles = (0..<threads).map { number in
      NamedThread.start("seeds-\(number)") {
        while let seed = Self.take(state, end, enough) {
          let verdict = Simulation.play(
            seed, mutation: campaign.mutation, isTold: campaign.isTold, hasFaults: campaign.hasFaults, catalogue)
          state.withLock { state in
            state.outcome.played += 1
            state.outcome.seen.merge(verdict.seen, uniquingKeysWith: +)
            if !verdict.broken.isEmpty { state.outcome.failures.append(Failure(seed: seed, broken: verdict.broken)) }
          }
        }
      }
    }
    for handle in handles { handle.join() }
    var outcome = state.withLock { $0.outcome }
    outcome.failures.sort { $0.seed < $1.seed }
    return outcome
  }

  private static func take(_ state: Lock<State>, _ end: UInt64, _ enough: Int) -> UInt64? {
    state.withLock { state in
      guard state.next < end, state.outcome.failures.count < enough else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }
}
