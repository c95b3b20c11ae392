internal import Models
internal import Settings

/// Provider keys, and which models and presets they reach.
enum ModelsCheck {
  static func findings(_ settings: Settings, _ running: RunFile?) -> [Finding] {
    let reach = Reach(settings)
    if running?.services.contains(where: { $0.name == "model-simulator" }) ?? false {
      return [
        .warn("models", "simulated, every answer is made up; for real ones set \(variables(reach)) and start again")
      ]
    }
    var findings: [Finding] = settings.providers.values.sorted { $0.name < $1.name }.map { provider in
      guard let variable = provider.keyVariable else { return .ok("provider \(provider.name)", "needs no key") }
      return provider.key == nil
        ? .warn("provider \(provider.name)", "no key; set \(variable)")
        : .ok("provider \(provider.name)", "\(variable) is set")
    }
    guard settings.providers.values.contains(where: \.isReachable) else {
      findings.append(
        .warn("models", "no provider has a key: conclave up would run simulated models; set \(variables(reach))"))
      return findings
    }
    findings.append(reach.reachable.count < 2 ? .fail("models", reach.sentence) : .ok("models", reach.sentence))
    for preset in reach.presets where preset.reachable < preset.members {
      let text = "\(preset.reachable) of \(preset.members) members reachable; set \(variables(reach))"
      findings.append(
        preset.reachable == 0 ? .fail("preset \(preset.name)", text) : .warn("preset \(preset.name)", text))
    }
    return findings
  }

  private static func variables(_ reach: Reach) -> String {
    reach.missingVariables.isEmpty ? "a provider's key_env" : reach.missingVariables.joined(separator: " or ")
  }
}
