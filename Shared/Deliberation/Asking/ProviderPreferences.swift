/// What a request says about who may serve it: OpenRouter's `provider`, as far as it maps to what is known here. The rest
/// of that object is accepted and has no effect.
struct ProviderPreferences: Equatable {
  var only: [String]?
  var ignore: [String] = []
  var order: [String] = []
  /// False: none but those that `order` names.
  var allowsOthers = true
  /// `data_collection: "deny"` and `zdr: true`: those alone of which the configuration says so.
  var deniesCollection = false
  var retainsNothing = false
  /// USD per million tokens, and per request.
  var mostPerPrompt: Double?
  var mostPerCompletion: Double?
  var mostPerRequest: Double?

  init() {}

  init(_ from: Parameters) throws(AskError) {
    only = try from.texts("only", 0...64).flatMap { $0.isEmpty ? nil : $0 }
    ignore = try from.texts("ignore", 0...64) ?? []
    order = try from.texts("order", 0...64) ?? []
    allowsOthers = try from.flag("allow_fallbacks") ?? true
    if let collection = try from.text("data_collection") {
      guard ["allow", "deny"].contains(collection) else {
        throw from.wrong("data_collection", "must be allow or deny; it is \"\(collection.prefix(80))\"")
      }
      deniesCollection = collection == "deny"
    }
    retainsNothing = try from.flag("zdr") ?? false
    if let value = from["max_price"] {
      let price = try Parameters(value, path: from.place("max_price"))
      mostPerPrompt = try Self.price(price, "prompt")
      mostPerCompletion = try Self.price(price, "completion")
      mostPerRequest = try Self.price(price, "request")
    }
  }

  /// OpenRouter takes prices as numbers and as texts.
  private static func price(_ from: Parameters, _ key: String) throws(AskError) -> Double? {
    guard let value = from[key] else { return nil }
    guard let price = value.number ?? value.string.flatMap(Double.init), price.isFinite, price >= 0 else {
      throw from.wrong(key, "must be a price in USD, 0 or more")
    }
    return price
  }

  /// Who may serve it, in no order; nil: everyone. `path` is the field to name where nobody is left.
  func allowed(_ providers: [Catalogue.Provider]) -> (names: [String], path: String)? {
    var path: String?
    var left = providers
    if let only {
      left = left.filter { only.contains($0.name) }
      path = "provider.only"
    }
    if !allowsOthers, !order.isEmpty {
      left = left.filter { order.contains($0.name) }
      path = "provider.order"
    }
    if !ignore.isEmpty {
      left = left.filter { !ignore.contains($0.name) }
      path = "provider.ignore"
    }
    if deniesCollection {
      left = left.filter(\.deniesCollection)
      path = "provider.data_collection"
    }
    if retainsNothing {
      left = left.filter(\.retainsNothing)
      path = "provider.zdr"
    }
    return path.map { (left.map(\.name), $0) }
  }

  /// Which price of a model is over its bound; nil: none. A model without a price costs nothing.
  func excess(_ price: Price?) -> String? {
    guard let price else { return nil }
    if let most = mostPerPrompt, price.input > most { return "prompt" }
    if let most = mostPerCompletion, price.output > most { return "completion" }
    if let most = mostPerRequest, price.request > most { return "request" }
    return nil
  }
}
