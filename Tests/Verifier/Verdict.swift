internal import Deliberation

/// What the rules say of a run.
struct Verdict: Sendable {
  struct Demands: Sendable {
    /// False: every record counts as a fact of its own (the control).
    var deduplicate = true
    /// The fault must have left doubles in the log, or the run has shown nothing.
    var doubles = false
    /// Dead letters are part of the run.
    var deadLetters = false
  }

  let findings: [Finding]
  let figures: JSONObject
  private let rules: [Rule]

  init(_ history: History, demands: Demands = Demands()) {
    var findings = EndRule.check(history, deduplicate: demands.deduplicate) + ClientRule.check(history)
    findings += ContentRule.check(history) + DigestRule.check(history) + SealRule.check(history)
    findings += RepeatRule.check(history)
    findings += history.gaps.map { Finding(rule: .complete, detail: $0) }
    if !history.record.isOver {
      findings.append(Finding(rule: .complete, detail: "the clients' record has no last line"))
    }
    if history.record.unreadableLines > 0 {
      findings.append(
        Finding(rule: .complete, detail: "\(history.record.unreadableLines) unreadable lines in the clients' record"))
    }
    if history.asked.isEmpty { findings.append(Finding(rule: .complete, detail: "nothing was asked in this run")) }
    findings += history.unreadable.map { Finding(rule: .readable, detail: "\($0.place.rawValue): \($0.matter)") }
    if history.deadLetters > 0, !demands.deadLetters {
      findings.append(Finding(rule: .readable, detail: "\(history.deadLetters) dead letters"))
    }
    let doubles = history.counts.values.reduce(0) { $0 + $1.doubles }
    if demands.doubles, doubles == 0 {
      findings.append(Finding(rule: .doubles, detail: "no id stands twice on any topic"))
    }
    self.findings = findings
    rules = Rule.allCases.filter { $0 != .doubles || demands.doubles }
    figures = Self.figures(history, doubles: doubles)
  }

  var passed: Bool { findings.isEmpty }

  private static func figures(_ history: History, doubles: Int) -> JSONObject {
    var ends: [String: Int] = [:]
    var later = 0
    var differing = 0
    for id in history.asked {
      guard let story = history.stories[id] else { continue }
      let records = story.endRecords
      ends[records.first.map { String($0.name.dropFirst("deliberation.".count)) } ?? "open", default: 0] += 1
      later += max(records.count - 1, 0)
      if Set(records.map(\.hash)).count > 1 { differing += 1 }
    }
    var figures: JSONObject = ["asked": number(history.asked.count), "clients": number(history.record.asks.count)]
    figures["ends"] = object(ends)
    figures["ends_repeated"] = number(later)
    figures["asks_with_two_different_ends"] = number(differing)
    for place in [Entry.Place.events, .results, .calls] {
      figures["\(place.rawValue)_records"] = number(history.counts[place]?.records ?? 0)
      figures["\(place.rawValue)_doubles"] = number(history.counts[place]?.doubles ?? 0)
    }
    figures["doubles"] = number(doubles)
    figures["ids_with_two_contents"] = object(ContentRule.counts(history))
    figures["repeated_calls_in_log"] = number(RepeatRule.inLog(history))
    figures["repeated_calls_at_provider"] = history.record.simulatorRepeats.map { .int($0) } ?? .null
    figures["repeated_calls_explained"] = number(RepeatRule.allowed(history))
    figures["kills"] = number(history.record.kills.count)
    figures["dead_letters"] = number(history.deadLetters)
    return figures
  }

  private static func number(_ count: Int) -> JSON { .int(Int64(count)) }

  private static func object(_ counts: [String: Int]) -> JSON {
    var object = JSONObject()
    for key in counts.keys.sorted() { object[key] = number(counts[key] ?? 0) }
    return .object(object)
  }

  /// A line a rule, what broke it below, and at the end one line of JSON for machines.
  func text(examples: Int = 5) -> String {
    var lines: [String] = []
    for rule in rules {
      let broken = findings.filter { $0.rule == rule }
      lines.append((broken.isEmpty ? "ok    " : "BROKEN") + "  " + rule.rawValue)
      lines += broken.prefix(examples).map { "          \($0.detail)" }
      if broken.count > examples { lines.append("          and \(broken.count - examples) more") }
    }
    var json: JSONObject = ["passed": .bool(passed), "findings": .int(Int64(findings.count))]
    for member in figures.members { json[member.key] = member.value }
    lines.append(JSON.object(json).text)
    return lines.joined(separator: "\n")
  }
}
