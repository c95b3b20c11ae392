/// What a door has counted, for metrics.
package struct GateFigures: Sendable, Equatable {
  /// How often its provider was found to be down.
  package var openings = 0
  /// Requests that asked whether it is back.
  package var probes = 0
  /// How often the bound on requests at once was cut.
  package var cuts = 0

  package init() {}
}
