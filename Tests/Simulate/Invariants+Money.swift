import Deliberation

/// Totals are sums over first outcomes, and what the end did not know is settled.
extension Invariants {
  mutating func checkMoney(_ history: History, _ end: Int, _ totals: Totals, _ ask: Requested) {
    let outcomes = history.outcomes()
    func cost(_ count: Int) -> Double { outcomes.values.reduce(0) { $0 + ($1.place < count ? $1.cost : 0) } }
    if abs(totals.cost - cost(totals.digestEvents)) > 1e-9 {
      say(history, "its end says it cost \(totals.cost), its calls cost \(cost(totals.digestEvents))")
    }
    let namings = history.namings()
    if totals.costFinal {
      let prefix = "\(history.id)/call/"
      for (command, sequences) in traffic.commands where command.hasPrefix(prefix) {
        let call = "\(history.id)/\(command.dropFirst(prefix.count))"
        if (sequences.min() ?? .max) < history.facts[end].sequence,
          (outcomes[call]?.place ?? .max) >= totals.digestEvents
        {
          say(history, "its cost is called final, though \(call) was commanded and has no outcome there")
        }
      }
      for naming in namings where naming.place < totals.digestEvents {
        if (outcomes[naming.call.text]?.place ?? .max) >= totals.digestEvents {
          say(history, "its cost is called final, though \(naming.call) has no outcome there")
        }
      }
    }
    let settled = history.facts.firstIndex { if case .settled = $0.event { true } else { false } }
    guard let settled, case .settled(let settlement) = history.facts[settled].event else {
      let isOpen = outcomes.values.contains { $0.place >= totals.digestEvents && $0.place < end }
      if !totals.costFinal || isOpen { say(history, "it was never settled") }
      return
    }
    universe.count("settled")
    let fact = history.facts[settled]
    checkTime(history, fact, "its settlement", ask.deadline)
    guard let count = settlement.digestEvents, count > end, count <= settled else {
      return say(history, "its settlement rests on \(settlement.digestEvents ?? -1) of \(settled) events")
    }
    if abs(settlement.cost - cost(count)) > 1e-9 {
      say(history, "its settlement says it cost \(settlement.cost), its calls cost \(cost(count))")
    }
    // whoever did not wait to the last moment knew of every call
    guard fact.recorded.time < ask.deadline + Limits.slack else { return }
    let since = history.facts[end].recorded.time + Limits.slack
    let named = Set(namings.filter { $0.place < count }.map(\.call.text))
    for (call, outcome) in outcomes where outcome.place >= count {
      if named.contains(call) || history.facts[outcome.place].written < since.milliseconds && fact.recorded.time < since
      {
        say(history, "it was settled before its time, and without \(call)")
      }
    }
    for call in named where outcomes[call] == nil {
      say(history, "it was settled before its time, and without \(call)")
    }
  }
}
