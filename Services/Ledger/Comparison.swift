internal import Deliberation

/// Who agreed with whom, as an analysis tells it.
struct Comparison: Equatable {
  let consensus: Int
  let contradictions: Int
  let partial: Int
  let insights: Int
  let blind: Int
  private(set) var stood: [String: Sums.Stood] = [:]
  private(set) var met: [Sums.Pair: Sums.Met] = [:]

  /// `models`: those whose answers were compared, by the names that the asker used.
  init(_ analysis: JSON, models: [String]) {
    func list(_ key: String) -> [JSON] { analysis[key]?.array ?? [] }
    consensus = list("consensus").count
    contradictions = list("contradictions").count
    partial = list("partial_coverage").count
    insights = list("unique_insights").count
    blind = list("blind_spots").count
    let models = Set(models).sorted()
    for model in models { stood[model] = Sums.Stood(compared: 1) }
    for (place, one) in models.enumerated() {
      for other in models[(place + 1)...] { met[Sums.Pair(one: one, other: other)] = Sums.Met(compared: 1) }
    }
    var contradicted: Set<String> = []
    var alone: Set<String> = []
    var apart: Set<Sums.Pair> = []
    for contradiction in list("contradictions") {
      var groups: [String: Set<String>] = [:]
      for stance in contradiction["stances"]?.array ?? [] {
        guard let model = stance["model"]?.string, let text = stance["stance"]?.string else { continue }
        groups[text, default: []].insert(model)
      }
      guard groups.count > 1 else { continue }
      let largest = groups.values.map(\.count).max() ?? 0
      for members in groups.values {
        contradicted.formUnion(members)
        // one against several: of two who differ neither is alone
        if members.count == 1, largest > 1 { alone.formUnion(members) }
      }
      for members in groups.values {
        for one in members {
          for other in groups.values.joined() where one < other && !members.contains(other) {
            apart.insert(Sums.Pair(one: one, other: other))
          }
        }
      }
    }
    for model in contradicted where stood[model] != nil { stood[model]?.contradicted = 1 }
    for model in alone where stood[model] != nil { stood[model]?.alone = 1 }
    for pair in apart where met[pair] != nil { met[pair]?.apart = 1 }
    for insight in list("unique_insights") {
      if let model = insight["model"]?.string, stood[model] != nil { stood[model]?.insights += 1 }
    }
  }
}
