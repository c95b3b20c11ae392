/// The models, families, presets and prices that asks are resolved against: the configuration file, cut down to what the
/// keys that are set can reach.
package struct Catalogue: Sendable {
  package struct Model: Sendable, Equatable {
    package struct Via: Sendable, Equatable {
      package let provider: String
      package let name: String
    }

    package let slug: String
    package let family: String?
    package let released: String
    package let lane: String
    package let context: Int
    package let price: Price?
    package let via: [Via]

    package func ref(asked: String) -> ModelRef { ModelRef(asked: asked, model: slug, lane: lane, price: price) }
  }

  package struct Preset: Sendable, Equatable {
    package let name: String
    package let panel: [String]
    package let judge: String
  }

  package struct Provider: Sendable, Equatable {
    package let name: String
    /// It keeps nothing to learn from; nothing at all.
    package let deniesCollection: Bool
    package let retainsNothing: Bool
  }

  /// Who serves models, as far as they can be reached.
  package let providers: [Provider]
  /// All that can be reached, in the order of the file.
  package let models: [Model]
  /// Models of the file that no key reaches.
  package let unreachable: [String]
  package let presets: [Preset]
  package let lanes: [String]
  package let recordBytes: Int
  package let usualPreset = "general-high"
  /// Entries for every model of an author, such as `simulator/*`: not offered in lists, found by name.
  private let wildcards: [Model]
  private let places: [String: Int]

  package init(json: JSON, reachable: (String) -> Bool) throws(CatalogueError) {
    var models: [Model] = []
    var unreachable: [String] = []
    var places: [String: Int] = [:]
    var wildcards: [Model] = []
    var lanes = (json["lanes"]?.object?.keys ?? []).filter { $0 != "default" }
    lanes.insert("default", at: 0)
    for (index, value) in (json["models"]?.array ?? []).enumerated() {
      let path = "models[\(index)]"
      guard let slug = value["slug"]?.string, !slug.isEmpty else { throw CatalogueError("\(path).slug is missing") }
      guard places[slug] == nil, !unreachable.contains(slug) else {
        throw CatalogueError("\(path).slug \"\(slug)\" stands twice")
      }
      let lane = value["lane"]?.string ?? "default"
      guard lanes.contains(lane) else {
        throw CatalogueError("\(path).lane \"\(lane)\" is not in lanes; add it there")
      }
      var via: [Model.Via] = []
      for (place, entry) in (value["via"]?.array ?? []).enumerated() {
        guard let provider = entry["provider"]?.string else {
          throw CatalogueError("\(path).via[\(place)].provider is missing")
        }
        if reachable(provider) { via.append(Model.Via(provider: provider, name: entry["name"]?.string ?? slug)) }
      }
      guard !via.isEmpty else {
        unreachable.append(slug)
        continue
      }
      let model = Model(
        slug: slug, family: value["family"]?.string, released: value["released"]?.string ?? "", lane: lane,
        context: Int(value["context"]?.int ?? 128_000), price: try Self.price(value["price"], path), via: via)
      if slug.hasSuffix("/*") {
        wildcards.append(model)
      } else {
        places[slug] = models.count
        models.append(model)
      }
    }
    var presets: [Preset] = []
    for member in json["presets"]?.object?.members ?? [] {
      let panel = (member.value["panel"]?.array ?? []).compactMap(\.string)
      guard (1...Limits.members).contains(panel.count) else {
        throw CatalogueError("presets.\(member.key).panel names \(panel.count) models; name 1 to \(Limits.members)")
      }
      presets.append(Preset(name: member.key, panel: panel, judge: member.value["judge"]?.string ?? panel[0]))
    }
    self.models = models
    self.unreachable = unreachable
    self.presets = presets
    self.lanes = lanes
    self.places = places
    self.wildcards = wildcards
    providers = (json["providers"]?.object?.members ?? []).filter { reachable($0.key) }.map { member in
      let retainsNothing = member.value["zdr"]?.bool ?? false
      return Provider(
        name: member.key, deniesCollection: retainsNothing || member.value["data_collection"]?.string == "deny",
        retainsNothing: retainsNothing)
    }
    recordBytes = Int(json["limits"]?["record_bytes"]?.int ?? 1_000_000)
  }

  private static func price(_ value: JSON?, _ path: String) throws(CatalogueError) -> Price? {
    guard let value, !value.isNull else { return nil }
    do throws(EventError) {
      let price = try Price(value)
      guard price.input >= 0, price.output >= 0, price.request >= 0 else {
        throw EventError("a price is below 0")
      }
      return price
    } catch {
      throw CatalogueError("\(path).price: \(error)")
    }
  }

  /// The model of that slug, or the newest of the family that `~author/family-latest` names.
  package func model(_ name: String) -> Model? {
    if let place = places[name] { return models[place] }
    guard name.hasPrefix("~"), name.hasSuffix("-latest") else { return wildcard(name) }
    let family = name.dropFirst().dropLast("-latest".utf8.count)
    return models.filter { $0.family.map { $0 == family } ?? false }
      .max { ($0.released, $0.slug) < ($1.released, $1.slug) }
  }

  private func wildcard(_ name: String) -> Model? {
    guard let found = wildcards.first(where: { name.hasPrefix($0.slug.dropLast()) && name.count >= $0.slug.count })
    else { return nil }
    return Model(
      slug: name, family: nil, released: found.released, lane: found.lane, context: found.context, price: found.price,
      via: found.via.map { Model.Via(provider: $0.provider, name: name) })
  }

  /// Families that can be asked for as `~author/family-latest`, with the model that it means now.
  package var families: [(alias: String, model: Model)] {
    var seen: Set<String> = []
    return models.compactMap { model in
      guard let family = model.family, seen.insert(family).inserted else { return nil }
      let alias = "~\(family)-latest"
      return self.model(alias).map { (alias, $0) }
    }
  }

  /// What of a preset can be reached. Nil where there is no such preset, or nothing of it can be reached.
  package func preset(_ name: String) -> (panel: [ModelRef], judge: ModelRef)? {
    guard let preset = presets.first(where: { $0.name == Self.canonical(preset: name) }) else { return nil }
    let panel = preset.panel.compactMap { asked in model(asked)?.ref(asked: asked) }
    guard let first = panel.first else { return nil }
    return (panel, model(preset.judge)?.ref(asked: preset.judge) ?? first)
  }

  package static func canonical(preset name: String) -> String {
    switch name {
    case "quality": "general-high"
    case "budget": "general-budget"
    case "fast": "general-fast"
    default: name
    }
  }
}

/// What is wrong with the configuration of models.
package struct CatalogueError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
