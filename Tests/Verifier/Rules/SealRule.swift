/// No deliberation whose panel sat was completed before that panel was sealed and judged, and no result was written
/// before.
enum SealRule {
  static func check(_ history: History) -> [Finding] {
    history.stories.values.sorted { $0.id < $1.id }.compactMap { story in
      guard let end = story.end, end.name == "deliberation.completed" else { return nil }
      let before = story.records.prefix { $0.offset < end.offset }
      guard before.contains(where: { $0.name == "panel.dispatched" }) else { return nil }
      guard let seal = before.first(where: { $0.name == "panel.assembled" }) else {
        return Finding(rule: .seals, detail: "\(story.id): completed and not sealed")
      }
      guard before.contains(where: { $0.name == "analysis.completed" || $0.name == "analysis.degraded" }) else {
        return Finding(rule: .seals, detail: "\(story.id): completed and not judged")
      }
      guard story.resultRecords.allSatisfy({ $0.at >= seal.at }) else {
        return Finding(rule: .seals, detail: "\(story.id): a result is older than the seal")
      }
      return nil
    }
  }
}
