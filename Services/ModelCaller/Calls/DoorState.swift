/// How the door to one provider stands, for metrics.
package struct DoorState: Sendable, Equatable {
  package let provider: String
  package let isOpen: Bool
  package let waiting: Int
  package let width: Int
  /// What the provider has said that it would still take, in requests.
  package let allowance: Double?
  package let figures: GateFigures
}
