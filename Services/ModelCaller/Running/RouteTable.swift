internal import Deliberation
internal import Models

/// Which providers serve a model, in the order in which they are tried.
package struct RouteTable: Sendable {
  private let routes: @Sendable (String) -> [Route]

  init(_ catalogue: Catalogue, hedges: Hedges) {
    @Sendable func ways(_ model: Catalogue.Model) -> [Route] {
      model.via.map {
        Route(
          provider: $0.provider, model: model.slug, name: $0.name, price: model.price ?? .free,
          hedge: hedges.percentile(model.slug))
      }
    }
    let routes = Dictionary(catalogue.models.map { ($0.slug, ways($0)) }, uniquingKeysWith: { first, _ in first })
    // an entry for all models of an author stands in no list
    self.init { model in routes[model] ?? catalogue.model(model).map(ways) ?? [] }
  }

  package init(_ routes: @escaping @Sendable (String) -> [Route]) { self.routes = routes }

  /// Every way to every model of the command, the first model's first, of the providers that it allows.
  package func ways(_ command: Command) -> [Route] {
    command.models.flatMap { model in
      let ways = routes(model).filter { command.allowedProviders?.contains($0.provider) ?? true }
      guard let order = command.providerOrder else { return ways }
      // those that the order names first, in its order; the others as they stand
      let first = order.flatMap { name in ways.filter { $0.provider == name } }
      return first + ways.filter { !order.contains($0.provider) }
    }
  }
}
