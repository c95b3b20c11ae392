import Deliberation

@testable import Verifier

/// A small log written by hand: two deliberations that went as they should, ready to be spoiled.
struct HandMadeLog {
  private(set) var facts: [Entry] = []
  var record = ClientRecord()
  private var offsets: [Entry.Place: Int64] = [:]

  static let ids = ["gen-1", "gen-2"]

  init() {
    for (number, id) in Self.ids.enumerated() { deliberate(id, number: Int64(number)) }
    record.isOver = true
    record.simulatorRepeats = 0
  }

  private mutating func deliberate(_ id: String, number: Int64) {
    add(.events, id, "deliberation.requested", "0123456789abcdef", ["mode": "merge"])
    add(.events, id, "panel.dispatched", "0", ["round": 0, "members": [["call": "\(id)/panel/0/0/0"]]])
    outcome(id, "panel/0/0/0", content: "one")
    add(.events, id, "panel.assembled", "0", ["round": 0, "sealed": "complete"])
    outcome(id, "judge/0/-/0", content: "{}")
    add(.events, id, "analysis.completed", "0", ["round": 0])
    outcome(id, "answer/0/-/0", content: "the answer")
    end(id)
    let answer = result(id)
    record.asks.append(
      ClientRecord.Ask(number: number, id: id, status: 200, answerHash: SHA256.hex(answer.bytes), error: nil))
  }

  @discardableResult
  mutating func add(
    _ place: Entry.Place, _ id: String, _ name: String, _ discriminator: String, _ json: JSON,
    instance: String = "", at: Int64 = 1_000, causation: String? = nil
  ) -> Entry {
    let offset = offsets[place, default: 0]
    offsets[place] = offset + 1
    let fact = Entry(
      place: place, partition: 0, offset: offset, at: at, id: "\(id)/\(name)/\(discriminator)", name: name,
      instance: instance, subject: id, causation: causation, hash: SHA256.hex(json.bytes),
      matter: Matter(name: name, json))
    facts.append(fact)
    return fact
  }

  mutating func outcome(
    _ id: String, _ call: String, content: String, execution: String = "first", instance: String = "", at: Int64 = 1_000
  ) {
    add(
      .events, id, "call.completed", call,
      [
        "call": "\(id)/\(call)", "execution": .string(execution), "content": .string(content),
        "usage": ["total_tokens": 10], "cost": 0.5,
      ], instance: instance, at: at)
  }

  /// An end that rests on everything that stands before it.
  mutating func end(_ id: String, cost: Double = 1.5) {
    let story = Story.firsts(facts.filter { $0.subject == id && $0.place == .events })
    add(
      .events, id, "deliberation.completed", "end",
      [
        "status": "ok", "answer_call": "\(id)/answer/0/-/0", "usage": ["total_tokens": 30], "cost": .double(cost),
        "digest": .string(DigestRule.digest(story)), "digest_events": .int(Int64(story.count)),
      ])
  }

  @discardableResult
  mutating func result(_ id: String, content: String = "the answer", causation: String? = nil) -> JSON {
    let body: JSON = [
      "id": .string(id), "choices": [["message": ["content": .string(content)]]],
      "usage": ["total_tokens": 30, "cost": 1.5],
    ]
    let place = offsets[.results, default: 0]
    offsets[.results] = place + 1
    let value: JSON = ["code": 200, "body": body]
    facts.append(
      Entry(
        place: .results, partition: 0, offset: place, at: 1_000, id: "\(id)/result/end", name: "result", subject: id,
        causation: causation ?? "\(id)/deliberation.completed/end", hash: SHA256.hex(value.bytes),
        matter: Matter(name: "result", value)))
    return body
  }

  /// Takes the records that match away, as if they had never been written.
  mutating func lose(_ isLost: (Entry) -> Bool) { facts.removeAll(where: isLost) }

  /// Writes the records that match a second time.
  mutating func double(_ isDoubled: (Entry) -> Bool) {
    for fact in facts.filter(isDoubled) {
      let offset = offsets[fact.place, default: 0]
      offsets[fact.place] = offset + 1
      facts.append(
        Entry(
          place: fact.place, partition: fact.partition, offset: offset, at: fact.at, id: fact.id, name: fact.name,
          instance: fact.instance, subject: fact.subject, causation: fact.causation, hash: fact.hash,
          matter: fact.matter))
    }
  }

  func verdict(_ demands: Verdict.Demands = Verdict.Demands(), gaps: [String] = []) -> Verdict {
    Verdict(History(facts, record: record, gaps: gaps), demands: demands)
  }

  func broken(_ demands: Verdict.Demands = Verdict.Demands()) -> Set<Rule> {
    Set(verdict(demands).findings.map(\.rule))
  }
}
