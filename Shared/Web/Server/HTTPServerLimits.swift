/// The bounds of a server.
package struct HTTPServerLimits: Sendable {
  /// The largest body; more is answered with 413.
  package var bodyBytes = 1_000_000
  /// The name of the setting behind `bodyBytes`, for the message of the 413.
  package var bodySetting: String?
  /// What bodies that are still coming in may take together, while none of them takes more than an equal share; with more
  /// those that do are answered with 503. So all of them take twice as much at the most.
  package var arrivingBytes = 64_000_000
  /// How much of a body that is refused is read to its end; past that the connection is cut.
  package var discardBytes = 64_000_000
  /// Request line and headers together; more is answered with 431.
  package var headerBytes = 16 * 1024
  package var connections = 10_000
  /// From the opening of a connection to the end of its first request's headers.
  package var headerTime: Duration = .seconds(10)
  /// From the end of the headers to the end of the body; later is answered with 408.
  package var bodyTime: Duration = .seconds(60)
  /// How long a connection may wait for its next request, and a client may leave what was sent to it unread. Whole
  /// seconds.
  package var idleTime: Duration = .seconds(65)
  /// What may wait for a client that reads slower than we write; one that has more before it when something comes is
  /// taken for gone.
  package var streamBytes = 1_000_000

  package init() {}
}
