internal import Telemetry

/// A consumer's figures.
struct ConsumerMeasures: Sendable {
  private let metrics: Metrics
  private let client: String
  let replaced: Counter

  init(_ metrics: Metrics, client: String, isConnected: @escaping @Sendable () -> Bool) {
    self.metrics = metrics
    self.client = client
    replaced = metrics.counter(
      "conclave_bus_consumers_replaced_total", "Consumer handles thrown away after a fatal error.",
      [("client", client)])
    _ = metrics.gauge(
      "conclave_bus_connected", "1 while a broker is reachable and partitions are assigned.", [("client", client)],
      read: { isConnected() ? 1 : 0 })
  }

  func consumed(_ topic: String) -> Counter {
    metrics.counter("conclave_bus_consumed_records_total", "Records read.", [("topic", topic)])
  }

  func lag(_ partition: TopicPartition) -> Gauge {
    metrics.gauge(
      "conclave_bus_unread_records",
      "Records of a partition that were not read yet, as the last fetch knew, or the last question where it is paused.",
      [("client", client), ("topic", partition.topic), ("partition", "\(partition.partition)")])
  }

  func positionLost(_ topic: String) {
    metrics.counter(
      "conclave_bus_positions_lost_total", "Positions whose records were gone before they were read.",
      [("topic", topic)]
    ).add()
  }
}
