import Bus
import Deliberation

/// What must hold after a run, told only from the topics, as any reader sees them: the first in log order is the fact.
struct Invariants {
  let universe: Universe
  let asks: [String: Moment]
  private(set) var broken: [String] = []

  private struct Fact {
    let record: Record
    let id: String
    let type: String
    let json: JSON
    let hash: [UInt8]
  }

  init(_ universe: Universe, asks: [String: Moment]) {
    self.universe = universe
    self.asks = asks
    for ask in asks.keys.sorted() { check(ask) }
    if !universe.log("dead").isEmpty { broken.append("\(universe.log("dead").count) dead letters") }
  }

  private mutating func check(_ ask: String) {
    let facts = self.facts(of: ask)
    guard let end = facts.firstIndex(where: { Self.ends.contains($0.type) }) else {
      broken.append("\(ask) never ended")
      return
    }
    universe.count(facts[end].type)
    checkResults(ask, facts, end)
    checkPanel(ask, facts, end)
    checkDigest(ask, facts, end)
    checkTotals(ask, facts, end)
    checkCalls(ask, facts)
  }

  private static let ends: Set<String> = [
    "conclave.deliberation.completed.v1", "conclave.deliberation.failed.v1", "conclave.deliberation.cancelled.v1",
  ]

  /// First occurrences, in log order.
  private func facts(of ask: String) -> [Fact] {
    let partition = Partitioner.murmur2(Array(ask.utf8), partitions: universe.partitions)
    var seen: Set<String> = []
    return universe.log(universe.topics.events, partition).compactMap { record in
      guard let envelope = try? Envelope(record.headers), envelope.subject == ask, let value = record.value,
        seen.insert(envelope.id).inserted, let json = try? JSON.parse(value)
      else { return nil }
      return Fact(record: record, id: envelope.id, type: envelope.type, json: json, hash: SHA256.hash(value))
    }
  }

  /// Every result follows the first end, and all copies of it say the same.
  private mutating func checkResults(_ ask: String, _ facts: [Fact], _ end: Int) {
    let results = universe.all(universe.topics.results).filter { $0.headers.text("ce_id") == "\(ask)/result/end" }
    if results.isEmpty { broken.append("\(ask) has no result") }
    if Set(results.map { $0.value ?? [] }).count > 1 { broken.append("\(ask) has results that differ") }
    for result in results where result.headers.text("ce_causationid") != facts[end].id {
      broken.append("\(ask): a result follows \(result.headers.text("ce_causationid") ?? "nothing"), not the first end")
    }
  }

  /// No answer before its panel was sealed, and no seat answered after it.
  private mutating func checkPanel(_ ask: String, _ facts: [Fact], _ end: Int) {
    guard facts[end].type == "conclave.deliberation.completed.v1" else { return }
    guard let seal = facts.firstIndex(where: { $0.type == "conclave.panel.assembled.v1" }) else {
      broken.append("\(ask) completed without a seal")
      return
    }
    if seal > end { broken.append("\(ask) ended before its seal") }
    let json = facts[seal].json
    let groups = ["answered", "failed", "abandoned"].map { key in
      (json[key]?.array ?? []).compactMap(\.string)
    }
    let all = groups.flatMap(\.self)
    if Set(all).count != all.count { broken.append("\(ask): a call stands twice in its seal") }
    let completed = Set(
      facts[..<seal].filter { $0.type == "conclave.call.completed.v1" }.compactMap { $0.json["call"]?.string })
    for call in groups[0] where !completed.contains(call) { broken.append("\(ask): \(call) was sealed unanswered") }
  }

  /// A verifier comes to the same digest.
  private mutating func checkDigest(_ ask: String, _ facts: [Fact], _ end: Int) {
    guard let digest = facts[end].json["digest"]?.string, let count = facts[end].json["digest_events"]?.int else {
      broken.append("\(ask): the end has no digest")
      return
    }
    guard count <= end else {
      broken.append("\(ask): the end rests on \(count) events, before it stand \(end)")
      return
    }
    let lines = facts[..<Int(count)].map { "\($0.id) \(Hex.text($0.hash))\n" }.joined()
    if SHA256.hex(Array(lines.utf8)) != digest { broken.append("\(ask): the digest does not verify") }
  }

  /// Totals are sums over first outcomes, and what the end did not know is settled.
  private mutating func checkTotals(_ ask: String, _ facts: [Fact], _ end: Int) {
    let count = Int(facts[end].json["digest_events"]?.int ?? 0)
    guard count <= facts.count else { return }
    compare(ask, "end", facts[end].json["cost"]?.number, cost(facts[..<count]))
    let settled = facts.firstIndex { $0.type == "conclave.deliberation.settled.v1" }
    if facts[end].json["cost_final"]?.bool == false, settled == nil { broken.append("\(ask) was never settled") }
    if let settled {
      universe.count("settled")
      // Its writer knew what it had read, which may be less than what stands before it.
      let said = facts[settled].json["cost"]?.number ?? -1
      let sums = (count...settled).map { cost(facts[..<$0]) }
      if !sums.contains(where: { abs($0 - said) < 1e-9 }) {
        broken.append("\(ask): settled says it cost \(said), its calls cost \(sums.last ?? 0)")
      }
    }
  }

  private func cost(_ facts: ArraySlice<Fact>) -> Double {
    var calls: Set<String> = []
    var sum = 0.0
    for fact in facts where fact.type == "conclave.call.completed.v1" || fact.type == "conclave.call.failed.v1" {
      guard let call = fact.json["call"]?.string, calls.insert(call).inserted else { continue }
      sum += fact.json["cost"]?.number ?? 0
    }
    return sum
  }

  private mutating func compare(_ ask: String, _ what: String, _ said: Double?, _ sum: Double) {
    if let said, abs(said - sum) < 1e-9 { return }
    broken.append("\(ask): \(what) says it cost \(said.map { "\($0)" } ?? "nothing"), its calls cost \(sum)")
  }

  /// A call is performed again only where a caller was killed.
  private mutating func checkCalls(_ ask: String, _ facts: [Fact]) {
    let partition = Partitioner.murmur2(Array(ask.utf8), partitions: universe.partitions)
    var executions: [String: Set<String>] = [:]
    for record in universe.log(universe.topics.events, partition) {
      guard record.headers.text("ce_subject") == ask,
        record.headers.text("ce_type")?.hasPrefix("conclave.call.") == true,
        let value = record.value, let json = try? JSON.parse(value), let call = json["call"]?.string,
        let execution = json["execution"]?.string
      else { continue }
      executions[call, default: []].insert(execution)
    }
    for (call, made) in executions where made.count > 1 + universe.callerLosses {
      broken.append("\(call) was made \(made.count) times, callers were killed \(universe.callerLosses) times")
    }
  }
}
