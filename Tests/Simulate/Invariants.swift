import Bus
import Deliberation

/// What must hold after a run, told from the topics as any reader sees them, and from what the processes came to.
struct Invariants {
  let universe: Universe
  /// When the faults stopped.
  let calm: Int64
  let traffic: Traffic
  private(set) var broken: [String] = []
  private var histories: [History] = []

  init(_ universe: Universe, calm: Int64) {
    self.universe = universe
    self.calm = calm
    traffic = Traffic(universe)
  }

  mutating func check() {
    broken += traffic.unreadable
    if universe.length(.dead) > 0 { broken.append("\(universe.length(.dead)) dead letters") }
    for partition in 0..<universe.partitions {
      let (histories, unreadable) = History.all(universe, partition)
      broken += unreadable
      for history in histories { check(history) }
      Replay(universe, partition, histories).check(&broken)
    }
  }

  mutating func broken(by what: String) { broken.append(what) }

  mutating func say(_ history: History, _ what: String) { broken.append("\(history.id): \(what)") }

  private mutating func check(_ history: History) {
    guard let place = history.end else { return say(history, "never ended") }
    let end = history.facts[place]
    universe.count(end.recorded.type)
    guard let folded = history.folded(), folded.end?.id == end.id else {
      return say(history, "its fold has another end than \(end.id)")
    }
    checkReaders(history, folded, end)
    guard let ask = folded.ask?.value, let totals = folded.end?.value.totals else { return }
    checkTime(history, end, "its end", ask.deadline)
    checkDigest(history, place, totals)
    checkMoney(history, place, totals, ask)
    checkPanel(history, folded, ask, place)
    checkCalls(history, folded, ask)
  }

  /// Nothing is open after its deadline and the slack, of which time without an owner does not count.
  mutating func checkTime(_ history: History, _ fact: History.Fact, _ what: String, _ deadline: Moment) {
    let latest = max(deadline.milliseconds, calm) + Limits.slack
    if fact.written > latest { say(history, "\(what) came \(fact.written - latest) ms too late") }
  }

  /// A verifier comes to the same digest.
  private mutating func checkDigest(_ history: History, _ end: Int, _ totals: Totals) {
    guard totals.digestEvents <= end else {
      return say(history, "its end rests on \(totals.digestEvents) events, and before it stand \(end)")
    }
    var lines = SHA256()
    for fact in history.facts[..<totals.digestEvents] {
      lines.update("\(fact.id) \(Hex.text(fact.recorded.valueHash))\n")
    }
    if Hex.text(lines.finish()) != totals.digest { say(history, "the digest does not verify") }
  }
}
