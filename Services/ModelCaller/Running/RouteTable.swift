internal import Deliberation
internal import Models

/// Which providers serve a model, in the order in which they are tried.
package struct RouteTable: Sendable {
  private let routes: @Sendable (String) -> [Route]

  init(_ catalogue: Catalogue) {
    var routes: [String: [Route]] = [:]
    for model in catalogue.models {
      routes[model.slug] = model.via.map {
        Route(provider: $0.provider, model: model.slug, name: $0.name, price: model.price ?? .free)
      }
    }
    self.init { [routes] model in routes[model] ?? [] }
  }

  package init(_ routes: @escaping @Sendable (String) -> [Route]) { self.routes = routes }

  /// Every way to every model of the command, the first model's first, of the providers that it allows.
  package func ways(_ command: Command) -> [Route] {
    command.models.flatMap(routes).filter { route in
      command.allowedProviders?.contains(route.provider) ?? true
    }
  }
}
