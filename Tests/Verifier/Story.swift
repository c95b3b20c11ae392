/// Everything that the topics say about one deliberation, in log order.
struct Story: Sendable {
  let id: String
  /// Every record on `events`, doubles too.
  private(set) var records: [Entry] = []
  /// Every record on `results`, doubles too.
  private(set) var resultRecords: [Entry] = []

  init(id: String) { self.id = id }

  mutating func add(_ fact: Entry) {
    switch fact.place {
    case .events: records.append(fact)
    case .results: resultRecords.append(fact)
    case .calls, .deadLetters: break
    }
  }

  /// Where facts of several partitions came in any order (`events` has one partition a deliberation; `results` too).
  mutating func sort() {
    records.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
    resultRecords.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
  }

  /// Records with one id are one fact: the first in log order.
  static func firsts(_ facts: [Entry]) -> [Entry] {
    var seen: Set<String> = []
    return facts.filter { seen.insert($0.id).inserted }
  }

  var events: [Entry] { Self.firsts(records) }

  var isRequested: Bool { records.contains { $0.name == "deliberation.requested" } }

  /// Every record that ends it, in log order; a rejection only where no `requested` stands before it.
  var endRecords: [Entry] {
    let requested = records.firstIndex { $0.name == "deliberation.requested" } ?? records.count
    return records.indices.filter { index in
      records[index].isTerminal || (records[index].name == "deliberation.rejected" && index < requested)
    }.map { records[$0] }
  }

  /// The end that counts.
  var end: Entry? { endRecords.first }

  var endResults: [Entry] { resultRecords.filter { $0.id == "\(id)/result/end" } }
}
