/// Each ask has exactly one end and one result, and every reader followed the first end.
enum EndRule {
  /// Without deduplication every record is taken as a fact of its own: the control that shows what the rule can see.
  static func check(_ history: History, deduplicate: Bool) -> [Finding] {
    history.asked.flatMap { id -> [Finding] in
      guard let story = history.stories[id] else {
        return [Finding(rule: .ends, detail: "\(id): a client was given this id and no topic knows it")]
      }
      return ends(story, deduplicate) + results(story, deduplicate)
    }
  }

  private static func ends(_ story: Story, _ deduplicate: Bool) -> [Finding] {
    let count = deduplicate ? min(story.endRecords.count, 1) : story.endRecords.count
    guard count != 1 else { return [] }
    let last = story.events.last.map { "; the last event is \($0.name)" } ?? ""
    return [Finding(rule: .ends, detail: "\(story.id): \(count) ends\(last)")]
  }

  private static func results(_ story: Story, _ deduplicate: Bool) -> [Finding] {
    func finding(_ detail: String) -> Finding { Finding(rule: .results, detail: "\(story.id): \(detail)") }
    var findings: [Finding] = []
    let records = story.endResults
    let count = deduplicate ? min(records.count, 1) : records.count
    if count != 1 { findings.append(finding("\(count) results")) }
    for other in story.resultRecords where other.id != "\(story.id)/result/end" {
      guard case .result(let answer) = other.matter, answer.code == 409 || answer.code == 422 else {
        findings.append(finding("a result under the id \(other.id)"))
        continue
      }
    }
    guard let end = story.end else { return findings }
    for record in records {
      if record.causation != end.id {
        findings.append(finding("a result follows \(record.causation ?? "nothing"), the first end is \(end.id)"))
      }
      if record.hash != records[0].hash { findings.append(finding("two results with two contents")) }
      findings += mismatches(record, end, story).map(finding)
    }
    return findings
  }

  /// Where a result's body says something else than the first end and the calls it rests on.
  private static func mismatches(_ record: Entry, _ end: Entry, _ story: Story) -> [String] {
    guard case .result(let answer) = record.matter else { return ["its result is no result"] }
    guard case .end(let said) = end.matter else { return [] }
    var mismatches: [String] = []
    let isCompleted = end.name == "deliberation.completed"
    if isCompleted {
      if answer.code != 200 { mismatches.append("completed, but its result has code \(answer.code)") }
      if answer.bodyID != story.id { mismatches.append("its result's body names \(answer.bodyID ?? "no id")") }
      if answer.tokens != said.tokens {
        mismatches.append("its result counts \(answer.tokens ?? -1) tokens, its first end \(said.tokens)")
      }
      if abs((answer.cost ?? -1) - said.cost) > 1e-9 {
        mismatches.append("its result costs \(answer.cost ?? -1), its first end \(said.cost)")
      }
      if let call = said.answerCall, !call.isEmpty, !story.events.contains(where: { $0.name == "decision.made" }) {
        let content = story.records.lazy.compactMap { fact -> String? in
          guard case .outcome(let outcome) = fact.matter, outcome.call == call else { return nil }
          return outcome.contentHash
        }.first
        if content == nil { mismatches.append("its answer is from \(call), which has no outcome") }
        if let content, content != answer.contentHash {
          mismatches.append("its result's answer is not what the first outcome of \(call) says")
        }
      }
    } else if answer.code == 200 {
      mismatches.append("ended as \(end.name), but its result has code 200")
    } else if let code = said.statusCode, code != answer.code {
      mismatches.append("failed with \(code), but its result has code \(answer.code)")
    }
    return mismatches
  }
}
