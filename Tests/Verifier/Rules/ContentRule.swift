/// An id has one content. Apart are a call that was paid twice, an end that two owners wrote, and what carries the clock
/// of its writer; of all these the first counts, which the other rules check.
enum ContentRule {
  static let apart: Set<String> = [
    "call.completed", "call.failed", "deliberation.completed", "deliberation.failed", "deliberation.cancelled",
    "deliberation.requested", "panel.assembled", "deliberation.settled",
  ]

  /// How many ids have two contents, by kind of event.
  static func counts(_ history: History) -> [String: Int] {
    var counts: [String: Int] = [:]
    for story in history.stories.values { for fact in changed(story) { counts[fact.name, default: 0] += 1 } }
    return counts
  }

  static func check(_ history: History) -> [Finding] {
    history.stories.values.sorted { $0.id < $1.id }.flatMap { story in
      changed(story).filter { !apart.contains($0.name) }.map { fact in
        Finding(rule: .contents, detail: "\(fact.id): stands with two contents, the second at offset \(fact.offset)")
      }
    }
  }

  private static func changed(_ story: Story) -> [Entry] {
    var first: [String: String] = [:]
    var reported: Set<String> = []
    return story.records.filter { fact in
      let known = first[fact.id]
      if known == nil { first[fact.id] = fact.hash }
      return known != nil && known != fact.hash && reported.insert(fact.id).inserted
    }
  }
}
