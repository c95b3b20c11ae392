internal import Deliberation
internal import Models
internal import Settings

/// Which models the keys that are set can reach, and what to do where they are too few for a panel.
struct Reach: Sendable {
  let reachable: [String]
  let all: [String]
  /// Variables without a key, the one that opens the most models first.
  let missingVariables: [String]
  /// Presets that lose members, or have none left.
  let presets: [(name: String, members: Int, reachable: Int)]

  init(_ settings: Settings) {
    let models = settings.configuration["models"]?.array ?? []
    var reachable: [String] = []
    var all: [String] = []
    var families: Set<String> = []
    var opened: [String: Int] = [:]
    for model in models {
      guard let slug = model["slug"]?.string else { continue }
      all.append(slug)
      let via = (model["via"]?.array ?? []).compactMap { $0["provider"]?.string }
      if via.contains(where: { settings.providers[$0]?.isReachable ?? false }) {
        reachable.append(slug)
        if let family = model["family"]?.string { families.insert(family) }
      }
      for provider in via {
        if let variable = settings.providers[provider]?.keyVariable, settings.providers[provider]?.key == nil {
          opened[variable, default: 0] += 1
        }
      }
    }
    self.reachable = reachable
    self.all = all
    missingVariables = opened.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    let slugs = Set(reachable)
    presets = (settings.configuration["presets"]?.object?.members ?? []).map { preset in
      let panel = (preset.value["panel"]?.array ?? []).compactMap(\.string)
      let there = panel.filter { name in
        if name.hasPrefix("~"), name.hasSuffix("-latest") {
          return families.contains(String(name.dropFirst().dropLast("-latest".count)))
        }
        return slugs.contains(name)
      }
      return (preset.key, panel.count, there.count)
    }
  }

  /// How many models there are, and where fewer than two remain, which variable to set.
  var sentence: String {
    let count = "\(reachable.count) of \(all.count) models reachable"
    guard reachable.count < 2 else { return count }
    let advice = missingVariables.first.map { "set \($0)" } ?? "name more models in the configuration"
    return "only \(count), too few for a panel: \(advice)"
  }
}
