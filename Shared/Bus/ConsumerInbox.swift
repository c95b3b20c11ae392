/// What other threads leave for a consumer's loop.
struct ConsumerInbox {
  var commands: [@Sendable (Consumer) -> Void] = []
  /// When the loop has to have ended; nil: go on.
  var stopBy: ContinuousClock.Instant?
  /// Whom to wake; nil while the handle is being replaced, and after the end.
  var handle: ConsumerHandle?
  var isReachable = false
  var isAssigned = false
}
