package import Deliberation

/// One way to a model: a provider, what the model is called there, and what it costs.
package struct Route: Sendable, Equatable {
  package let provider: String
  /// The model as the configuration names it.
  package let model: String
  /// The model as the provider names it.
  package let name: String
  package let price: Price

  package init(provider: String, model: String, name: String, price: Price = Price(input: 0, output: 0)) {
    self.provider = provider
    self.model = model
    self.name = name
    self.price = price
  }
}
