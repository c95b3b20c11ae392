internal import Deliberation
internal import Models

/// Which providers serve a model, in the order in which they are tried.
package struct RouteTable: Sendable {
  private let routes: @Sendable (String) -> [Route]

  init(_ catalogue: Catalogue) {
    // asked each time, as an entry for all models of an author stands for more than a list could hold
    routes = { name in
      guard let model = catalogue.model(name) else { return [] }
      return model.via.map {
        Route(provider: $0.provider, model: model.slug, name: $0.name, price: model.price ?? .free)
      }
    }
  }

  package init(_ routes: [String: [Route]]) { self.routes = { routes[$0] ?? [] } }

  /// Every way to every model of the command, the first model's first, of the providers that it allows.
  func ways(_ command: Command) -> [Route] {
    command.models.flatMap(routes).filter { route in
      command.allowedProviders?.contains(route.provider) ?? true
    }
  }
}
