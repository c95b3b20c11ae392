/// Sums over the calls of a deliberation, as far as an end rests on them.
struct Tally {
  let usage: Usage
  let cost: Double
  /// Whether every commanded call has reported.
  let isFinal: Bool
  let calls: Int

  /// Over the first outcome of each call before that place.
  init(_ deliberation: Deliberation, upTo limit: Int = .max) {
    var usage = Usage()
    var cost = 0.0
    var isFinal = true
    var calls = 0
    // in one order, because a sum of doubles depends on it
    for (_, call) in deliberation.calls {
      let outcome = call.outcome.flatMap { $0.place < limit ? $0.value : nil }
      let isNamed = call.named.map { $0 < limit } ?? false
      guard isNamed || outcome != nil else { continue }
      calls += 1
      guard let outcome else {
        isFinal = false
        continue
      }
      usage = usage + (outcome.usage ?? Usage())
      cost += outcome.cost ?? 0
    }
    self.usage = usage
    self.cost = cost
    self.isFinal = isFinal
    self.calls = calls
  }
}
