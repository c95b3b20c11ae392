/// The topics from their beginnings to their ends, and what the clients wrote down.
struct History: Sendable {
  private(set) var stories: [String: Story] = [:]
  /// How many records stand on each topic, and how many of them have an id that stood there before.
  private(set) var counts: [Entry.Place: (records: Int, doubles: Int)] = [:]
  /// First executions first: in log order.
  private(set) var outcomes: [Entry] = []
  private(set) var commands: [Entry] = []
  private(set) var unreadable: [Entry] = []
  private(set) var deadLetters = 0
  /// What was gone before it could be read.
  let gaps: [String]
  let record: ClientRecord

  init(_ facts: [Entry], record: ClientRecord, gaps: [String] = []) {
    self.record = record
    self.gaps = gaps
    var seen: [Entry.Place: Set<String>] = [:]
    for fact in facts {
      if fact.place == .deadLetters {
        deadLetters += 1
        continue
      }
      if case .unreadable = fact.matter {
        unreadable.append(fact)
        continue
      }
      let isNew = seen[fact.place, default: []].insert(fact.id).inserted
      counts[fact.place, default: (0, 0)].records += 1
      if !isNew { counts[fact.place, default: (0, 0)].doubles += 1 }
      if fact.place == .calls { commands.append(fact) } else { note(fact) }
    }
    for id in Array(stories.keys) { stories[id]?.sort() }
  }

  private mutating func note(_ fact: Entry) {
    if fact.isOutcome { outcomes.append(fact) }
    stories[fact.subject, default: Story(id: fact.subject)].add(fact)
  }

  /// Every deliberation that must have ended: what a client was given an id for, and what the log says was asked.
  var asked: [String] {
    var ids = Set(record.ids)
    for (id, story) in stories where !story.records.isEmpty {
      if story.isRequested || story.end != nil { ids.insert(id) }
    }
    return ids.sorted()
  }
}
