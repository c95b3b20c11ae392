/// What a service runs, seen from outside: something that can be asked to end in order.
package protocol Stoppable {
  /// Finishes or hands back what is under way, and returns at the latest when `within` is over. Blocks.
  func stop(within: Duration)
}
