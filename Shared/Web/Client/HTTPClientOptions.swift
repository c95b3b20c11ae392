/// The bounds of a client.
package struct HTTPClientOptions: Sendable {
  /// How many requests may be under way; one more fails with `busy`.
  package var transfers = 20_000
  /// How many idle and busy connections are kept; more than that are closed, the oldest first.
  package var connections = 20_000
  /// How long a connection may wait for its next request. Shorter than what servers commonly allow (60 s), so that a
  /// request seldom meets a connection that is just being closed.
  package var idleConnection: Duration = .seconds(30)
  package var headerBytes = 128 * 1024
  /// Certificates to trust instead of the system's.
  package var certificateFile: String?
  /// Where connections may go. With a rule no proxy is used, which would connect in the client's place.
  package var peers: PeerRule?

  package init() {}
}
