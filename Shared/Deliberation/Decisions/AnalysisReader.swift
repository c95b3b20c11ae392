/// Reads a judge's output: labels become models, quotes are looked up, and what names nobody is dropped and counted.
struct AnalysisReader {
  enum Reading {
    case valid(AnalysisCompleted)
    /// Why it cannot be used, and in words for the judge, who may be asked once more.
    case unusable(DegradeReason, problem: String)
  }

  private let deliberation: Deliberation
  private let labels: Labels
  private let round: Int
  private var quotes = KeyedList<CallKey, Quotes>()
  private var dropped = 0
  private var evidence: [AnalysisCompleted.Evidence] = []
  private var evidenceTotal = 0
  private var evidenceVerified = 0
  private var evidenceBytes = 0
  private var analysisBytes = 0
  /// What the analysis may take in its record, and the evidence as much again.
  private let limit: Int

  private static let lists = ["consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots"]

  init(_ deliberation: Deliberation, seal: PanelAssembled, limit: Int) {
    self.deliberation = deliberation
    round = seal.round
    labels = Labels(deliberation: deliberation.id, round: seal.round, calls: seal.answered)
    self.limit = limit
  }

  mutating func read(_ output: Passage, call: CallID, mode: Mode, repairs: Int) -> Reading {
    let json: JSON
    switch AnalysisText.read(output) {
    case .success(let value): json = value
    case .failure(.empty): return .unusable(.emptyCompletion, problem: "it was empty")
    case .failure(.notJSON(let why)): return .unusable(.notValidJSON, problem: "it is \(why)")
    }
    guard let object = json.object else {
      return .unusable(.schemaMismatch, problem: "the outermost value must be a JSON object")
    }
    let missing = Self.lists.filter { object[$0]?.array == nil }
    guard missing.isEmpty else {
      return .unusable(.schemaMismatch, problem: "\(missing.joined(separator: ", ")) must be a list, empty if need be")
    }
    var ranking: [CallID]?
    if mode == .bestOf {
      ranking = order(object["ranking"])
      guard ranking?.isEmpty == false else {
        return .unusable(.schemaMismatch, problem: "ranking must list the letters of all responses, the best first")
      }
    }
    let analysis: JSON = [
      "consensus": .array(consensus(object["consensus"])),
      "contradictions": .array(contradictions(object["contradictions"])),
      "partial_coverage": .array(partialCoverage(object["partial_coverage"])),
      "unique_insights": .array(uniqueInsights(object["unique_insights"])),
      "blind_spots": .array(blindSpots(object["blind_spots"])),
    ]
    let changes = mode == .debate ? changes(object["changes"]) : nil
    return .valid(
      AnalysisCompleted(
        round: round, call: call, analysis: analysis, ranking: ranking, changes: changes, evidence: evidence,
        evidenceTotal: evidenceTotal, evidenceVerified: evidenceVerified, dropped: dropped, repairs: repairs,
        promptVersion: Prompts.version))
  }

  // MARK: The five lists

  private mutating func consensus(_ value: JSON?) -> [JSON] {
    entries(value) { reader, entry in
      guard let point = entry.string ?? Self.text(entry["point"]) else { return nil }
      reader.quote(entry["quotes"], for: point)
      return .string(point)
    }
  }

  private mutating func contradictions(_ value: JSON?) -> [JSON] {
    entries(value) { reader, entry in
      guard let topic = Self.text(entry["topic"]), let list = entry["stances"]?.array else { return nil }
      var stances: [JSON] = []
      for stance in list {
        guard let call = reader.call(stance["response"]), let text = Self.text(stance["stance"]) else {
          reader.dropped += 1
          continue
        }
        reader.quote(stance["quote"], from: call, for: "\(topic): \(text)")
        stances.append(["model": reader.model(call), "stance": .string(text)])
      }
      return stances.isEmpty ? nil : ["topic": .string(topic), "stances": .array(stances)]
    }
  }

  private mutating func partialCoverage(_ value: JSON?) -> [JSON] {
    entries(value) { reader, entry in
      guard let point = Self.text(entry["point"]), let list = entry["responses"]?.array else { return nil }
      var models: [JSON] = []
      for label in list {
        guard let call = reader.call(label) else {
          reader.dropped += 1
          continue
        }
        models.append(reader.model(call))
      }
      guard !models.isEmpty else { return nil }
      reader.quote(entry["quotes"], for: point)
      return ["models": .array(models), "point": .string(point)]
    }
  }

  private mutating func uniqueInsights(_ value: JSON?) -> [JSON] {
    entries(value) { reader, entry in
      guard let call = reader.call(entry["response"]), let insight = Self.text(entry["insight"]) else { return nil }
      reader.quote(entry["quote"], from: call, for: insight)
      return ["model": reader.model(call), "insight": .string(insight)]
    }
  }

  private mutating func blindSpots(_ value: JSON?) -> [JSON] {
    entries(value) { _, entry in Self.text(entry).map { .string($0) } }
  }

  private mutating func changes(_ value: JSON?) -> [AnalysisCompleted.Change] {
    var changes: [AnalysisCompleted.Change] = []
    for entry in value?.array ?? [] {
      guard let member = call(entry["response"])?.member, let from = Self.text(entry["from"]),
        let to = Self.text(entry["to"]), hasRoom(for: entry)
      else {
        dropped += 1
        continue
      }
      changes.append(AnalysisCompleted.Change(member: member, from: from, to: to))
    }
    return changes
  }

  /// The ranking, each answer once; whom the judge forgot comes last, in the panel's order.
  private mutating func order(_ value: JSON?) -> [CallID] {
    var order: [CallID] = []
    for label in value?.array ?? [] {
      guard let call = call(label), !order.contains(call) else {
        dropped += 1
        continue
      }
      order.append(call)
    }
    guard !order.isEmpty else { return [] }
    let rest = labels.calls.filter { !order.contains($0) }.sorted { ($0.member ?? 0) < ($1.member ?? 0) }
    return order + rest
  }

  // MARK: Parts

  /// Each entry that can be used; one that cannot is counted.
  private mutating func entries(_ value: JSON?, _ read: (inout AnalysisReader, JSON) -> JSON?) -> [JSON] {
    var entries: [JSON] = []
    for entry in value?.array ?? [] {
      guard let usable = read(&self, entry), hasRoom(for: usable) else {
        dropped += 1
        continue
      }
      entries.append(usable)
    }
    return entries
  }

  /// A letter becomes a model's name, so that an analysis may be many times as long as what the judge wrote.
  private mutating func hasRoom(for entry: JSON) -> Bool {
    let bytes = entry.count + 1
    guard analysisBytes + bytes <= limit else { return false }
    analysisBytes += bytes
    return true
  }

  private static func text(_ value: JSON?) -> String? {
    guard let text = value?.string, text.hasWords else { return nil }
    return text
  }

  private func call(_ label: JSON?) -> CallID? { label?.string.flatMap { labels.call($0) } }

  private func model(_ call: CallID) -> JSON { .string(deliberation.modelAsked(call)) }

  private mutating func quote(_ list: JSON?, for point: String) {
    for entry in list?.array ?? [] {
      guard let call = call(entry["response"]) else {
        dropped += 1
        continue
      }
      quote(entry["quote"], from: call, for: point)
    }
  }

  private mutating func quote(_ value: JSON?, from call: CallID, for point: String) {
    guard let quote = Self.text(value) else { return }
    var answer = quotes[call.key] ?? Quotes(answer: deliberation.answer(call) ?? .empty)
    let verified = answer.contain(quote)
    quotes[call.key] = answer
    evidenceTotal += 1
    if verified { evidenceVerified += 1 }
    // the point stands again beside each of its quotes: a judge that quotes without end must not burst the record
    evidenceBytes += JSON.escapedSize(point) + JSON.escapedSize(quote) + 200
    guard evidenceBytes <= limit else { return }
    evidence.append(AnalysisCompleted.Evidence(point: point, call: call, quote: quote, verified: verified))
  }
}
