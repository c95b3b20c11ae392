/// A request to make: one try of one call.
package struct Attempt: Sendable, Equatable {
  package let serial: Int
  package let number: Int
  package let command: Command
  package let route: Route
  package let execution: String
  /// What the call may still cost; nil: no bound.
  package let budget: Double?
  /// It asks whether a provider that was down is back.
  package var isProbe = false
  /// What tools have added to the conversation.
  package var work = ToolWork()
}
