/// A request under way, to be cancelled by whoever started it.
package final class Transfer: Sendable {
  let number: UInt64
  private let cancelBody: @Sendable (UInt64) -> Void

  init(number: UInt64, cancel: @escaping @Sendable (UInt64) -> Void) {
    self.number = number
    cancelBody = cancel
  }

  /// Ends the request, closing its connection; its last event is then `failed(.cancelled)`, unless it has ended.
  package func cancel() { cancelBody(number) }
}
