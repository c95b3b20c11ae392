package import Deliberation

/// One way to a model: a provider, what the model is called there, and what it costs.
package struct Route: Sendable, Equatable {
  package let provider: String
  /// The model as the configuration names it.
  package let model: String
  /// The model as the provider names it.
  package let name: String
  package let price: Price
  /// A try that is slower to begin than this percentile of the model's lately is joined by a second one; nil: never.
  package let hedge: Int?

  package init(
    provider: String, model: String, name: String, price: Price = Price(input: 0, output: 0), hedge: Int? = nil
  ) {
    self.provider = provider
    self.model = model
    self.name = name
    self.price = price
    self.hedge = hedge
  }
}
