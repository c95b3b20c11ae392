/// How long a request took, each counted from its start.
package struct HTTPTimings: Sendable, Equatable {
  /// Zero where a connection was reused.
  package var connected: Duration
  package var firstByte: Duration
  package var total: Duration
  /// Whether the request went over a connection that was there already.
  package var reused: Bool

  package init(connected: Duration, firstByte: Duration, total: Duration, reused: Bool) {
    self.connected = connected
    self.firstByte = firstByte
    self.total = total
    self.reused = reused
  }
}
