internal import Deliberation
internal import Telemetry
internal import Threads

/// What a lane has counted, told to metrics as growth.
final class LaneCounters: Sendable {
  private let last = Lock(CallFigures())
  private let completed: Counter
  private let failed: [FailureReason: Counter]
  private let tries: Counter
  private let replayed: Counter
  private let elsewhere: Counter
  private let dead: Counter
  private let repaired: Counter
  private let hits: Counter
  private let misses: Counter
  private let shared: Counter
  private let hedges: Counter
  private let hedgesWon: Counter
  private let cost: Counter

  init(_ metrics: Metrics, _ labels: [(String, String)]) {
    func counter(_ name: String, _ help: String, _ more: [(String, String)] = []) -> Counter {
      metrics.counter(name, help, labels + more)
    }
    completed = counter("conclave_calls_completed_total", "Calls that were answered.")
    var failed: [FailureReason: Counter] = [:]
    for reason in FailureReason.allCases {
      failed[reason] = counter("conclave_calls_failed_total", "Calls that failed.", [("reason", reason.rawValue)])
    }
    self.failed = failed
    tries = counter("conclave_call_tries_total", "Requests to providers.")
    replayed = counter("conclave_calls_replayed_total", "Commands that were answered from memory.")
    elsewhere = counter("conclave_calls_ended_elsewhere_total", "Commands whose outcome another process wrote.")
    dead = counter("conclave_dead_letters_total", "Records that could not be read.")
    repaired = counter(
      "conclave_answers_repaired_total", "Answers with bytes that are no UTF-8, which were replaced by U+FFFD.")
    hits = counter("conclave_cache_hits_total", "Calls that were answered from the cache.")
    misses = counter("conclave_cache_misses_total", "Calls that the cache had no answer for.")
    shared = counter("conclave_calls_shared_total", "Calls that waited for another one that asked the same.")
    hedges = counter("conclave_calls_hedged_total", "Second requests because the first was slow to begin.")
    hedgesWon = counter("conclave_calls_hedges_won_total", "Second requests that began to answer before the first.")
    cost = counter("conclave_call_cost_usd_total", "What calls cost.")
  }

  func show(_ now: CallFigures) {
    let before = last.withLock { last in
      defer { last = now }
      return last
    }
    completed.add(Double(now.completed - before.completed))
    for (reason, number) in now.failed { failed[reason]?.add(Double(number - (before.failed[reason] ?? 0))) }
    tries.add(Double(now.tries - before.tries))
    replayed.add(Double(now.replayed - before.replayed))
    elsewhere.add(Double(now.endedElsewhere - before.endedElsewhere))
    dead.add(Double(now.deadLetters - before.deadLetters))
    repaired.add(Double(now.repaired - before.repaired))
    hits.add(Double(now.cacheHits - before.cacheHits))
    misses.add(Double(now.cacheMisses - before.cacheMisses))
    shared.add(Double(now.shared - before.shared))
    hedges.add(Double(now.hedges - before.hedges))
    hedgesWon.add(Double(now.hedgesWon - before.hedgesWon))
    cost.add(now.cost - before.cost)
  }
}
