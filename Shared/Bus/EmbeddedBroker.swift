package import Telemetry

/// librdkafka's own broker in this process, speaking the real protocol on a loopback port. Its limits: memory only and
/// gone with its process; it keeps 5 MiB (or 100,000 batches) of a partition and drops the oldest silently; a record over
/// about 2.6 MB is lost the moment it is acknowledged; no transactions, no retention, no requests that make topics; its
/// groups stop everyone for seconds at each change.
package final class EmbeddedBroker: Sendable {
  /// `host:port` for clients, also in other processes of this machine.
  package let bootstrap: String
  private let cluster: MockCluster

  package init(topics: [TopicShape], log: Log = .silent) throws(BusError) {
    cluster = try MockCluster(log: log)
    bootstrap = cluster.bootstrap
    for topic in topics { try cluster.create(topic) }
  }

  /// Requests by Kafka's own numbers.
  package enum Request: Int16, Sendable {
    case produce = 0, fetch = 1, listOffsets = 2, metadata = 3, offsetCommit = 8, offsetFetch = 9
    case findCoordinator = 10, joinGroup = 11, heartbeat = 12, syncGroup = 14, initProducerID = 22
  }

  package enum Fault: Sendable {
    /// The connection is closed instead of an answer, and the request has no effect.
    case disconnect
    case requestTimedOut, outOfOrderSequence, notLeader, notEnoughReplicas, tooLarge, denied, storage
    case coordinatorLoading, offsetOutOfRange, fencedInstance, invalidRecord, clusterDenied
  }

  /// The next requests of that kind fail so, one after the other.
  package func pushErrors(_ request: Request, _ errors: [Fault]) {
    for error in errors { cluster.pushAnswer(request, error, after: 0) }
  }

  /// The next `count` requests of that kind take effect, and are answered only after `delay`.
  package func delayAnswers(_ request: Request, by delay: Duration, count: Int = 1) {
    for _ in 0..<count { cluster.pushAnswer(request, nil, after: delay.milliseconds) }
  }

  /// Every answer from now on comes that much later.
  package func setRoundTrip(_ delay: Duration) { cluster.setRoundTrip(delay.milliseconds) }

  /// Closes all connections and takes no new ones, on the same port; what is in the log stays.
  package func goDown() { cluster.setDown() }
  package func comeUp() { cluster.setUp() }
}
