import Deliberation

/// Plays a seed and says what did not hold.
enum Simulation {
  struct Verdict {
    let broken: [String]
    let seen: [String: Int]
  }

  static func play(
    _ seed: UInt64, mutation: Mutation? = nil, isTold: Bool = false, hasFaults: Bool = true, _ catalogue: Catalogue
  ) -> Verdict {
    let run = Run(seed: seed, mutation: mutation, isTold: isTold, hasFaults: hasFaults, catalogue: catalogue)
    guard run.play() else {
      return Verdict(broken: run.universe.broken + ["it does not come to rest"], seen: run.universe.seen)
    }
    var invariants = Invariants(run.universe, calm: run.calm)
    invariants.check()
    if !hasFaults { invariants.checkCalm() }
    return Verdict(broken: run.universe.broken + run.unfinished + invariants.broken, seen: run.universe.seen)
  }

  /// What must have happened somewhere in so many seeds: a fault that never happened was not survived.
  static let faults = [
    "decider killed", "caller killed", "partition of a decider moved", "partition of a decider lost",
    "partition of a caller moved", "partition of a caller lost", "commit of a zombie refused",
    "calls marked as running elsewhere", "conclave.calls.running.v1", "conclave.calls.ended.v1", "callers held up",
    "call repeated", "written twice", "acknowledgement lost", "delayed beyond its writer's death", "restored",
    "cancelled", "cancelled before it was asked", "ask taken in again", "asked twice", "asked otherwise under its id",
    "asked plainly", "asked with the tool", "asked with the tool, forced", "alias left to the model",
    "alias bypassed", "asked wrongly", "recorded panel", "asked at depth 1", "asked as responses", "large panel",
    "model silent", "tried again", "judge gave no JSON", "text shown", "settled", "rejected",
    "conclave.deliberation.completed.v1", "conclave.deliberation.failed.v1", "conclave.deliberation.cancelled.v1",
    "late replacement",
  ]
}
