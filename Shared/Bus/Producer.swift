package import Telemetry

/// Writes records, each acknowledged by all replicas. Thousands may be under way at once.
package final class Producer: Sendable {
  package init(_ settings: BusSettings, client: String, log: Log, metrics: Metrics) throws(BusError) {}
  package func warm(_ topics: [String]) async throws(BusError) {}
  package func send(_ record: Outgoing, _ acknowledged: @escaping @Sendable (Result<Position, BusError>) -> Void) {}
  package func send(_ record: Outgoing) async throws(BusError) -> Position { throw .closed }
  package var inFlight: Int { 0 }
  package func partitions(of topic: String) -> Int32? { nil }
  package func close(within limit: Duration) -> Bool { false }
}
