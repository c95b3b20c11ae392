internal import Deliberation

/// What an end says of the events it rests on can be found again by whoever has the log.
enum DigestRule {
  static func check(_ history: History) -> [Finding] {
    history.stories.values.sorted { $0.id < $1.id }.flatMap { story in
      story.endRecords.flatMap { end -> [Finding] in
        guard case .end(let said) = end.matter else { return [] }
        return mistakes(said, end, story).map { Finding(rule: .digests, detail: "\(end.id): \($0)") }
      }
    }
  }

  /// SHA-256 over one line an event: its id, a space, the hash of its value, LF.
  static func digest(_ events: some Sequence<Entry>) -> String {
    SHA256.hex(events.map { "\($0.id) \($0.hash)\n" }.joined())
  }

  private static func mistakes(_ said: Matter.End, _ end: Entry, _ story: Story) -> [String] {
    let before = story.events.prefix { $0.offset < end.offset }
    guard said.digestEvents > 0, said.digestEvents <= before.count else {
      return ["rests on \(said.digestEvents) events, but \(before.count) stand before it"]
    }
    let rests = before.prefix(Int(said.digestEvents))
    var mistakes: [String] = []
    if digest(rests) != said.digest {
      mistakes.append("its digest is not that of its first \(said.digestEvents) events")
    }
    var seen: Set<String> = []
    var tokens: Int64 = 0
    var cost = 0.0
    for fact in rests {
      guard case .outcome(let outcome) = fact.matter, seen.insert(outcome.call).inserted else { continue }
      tokens += outcome.tokens
      cost += outcome.cost
    }
    if tokens != said.tokens { mistakes.append("says \(said.tokens) tokens, its calls sum to \(tokens)") }
    if abs(cost - said.cost) > 1e-6 { mistakes.append("says it cost \(said.cost), its calls sum to \(cost)") }
    return mistakes
  }
}
