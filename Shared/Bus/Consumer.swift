package import Telemetry

/// Reads partitions on a thread of its own: an event loop that polls and tells its receiver what comes. Everything but
/// `perform`, `stop` and `isConnected` is called on that thread only.
package final class Consumer: @unchecked Sendable {
  package init(
    _ settings: BusSettings, client: String, subscription: Subscription,
    receiver: @escaping @Sendable () -> any Receiver, log: Log, metrics: Metrics,
    onFatal: @escaping @Sendable (BusError) -> Void = { _ in }
  ) throws(BusError) {}

  package func perform(_ body: @escaping @Sendable (Consumer) -> Void) {}
  package func stop(within limit: Duration) {}
  package var isConnected: Bool { false }

  package func pause(_ partition: TopicPartition) {}
  package func resume(_ partition: TopicPartition, at offset: Int64) {}
  package func seek(_ partition: TopicPartition, _ start: StartAt) {}
  package func commit(
    _ offsets: [(TopicPartition, Int64, String)], _ done: @escaping (Result<Void, BusError>) -> Void
  ) {}
  package func commitNow(_ offsets: [(TopicPartition, Int64, String)]) throws(BusError) {}
  package func ends(_ partition: TopicPartition) throws(BusError) -> (low: Int64, high: Int64) { throw .closed }
  package func offset(_ partition: TopicPartition, atTime milliseconds: Int64) throws(BusError) -> Int64? { throw .closed }
}
