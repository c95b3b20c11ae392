internal import Telemetry

/// What a folder shows on `/metrics`.
struct FolderMeters {
  let open: Gauge
  let highest: Gauge
  let pending: Gauge
  let partitions: Gauge
  let held: Gauge
  let sent: Counter
  let acknowledged: Counter
  let refused: Counter
  let dead: Counter

  init(_ metrics: Metrics) {
    open = metrics.gauge("conclave_open_deliberations", "Deliberations open on the partitions owned here.")
    highest = metrics.gauge(
      "conclave_open_deliberations_highest", "The most deliberations that were open at once since the start.")
    pending = metrics.gauge("conclave_folding_pending", "Outputs sent and not acknowledged, or waiting for others.")
    partitions = metrics.gauge("conclave_folding_partitions", "Partitions of the log owned here.")
    held = metrics.gauge("conclave_folding_held_records", "Records that a restart would fold again.")
    sent = metrics.counter("conclave_folding_outputs_total", "Outputs sent.")
    acknowledged = metrics.counter("conclave_folding_acknowledged_total", "Outputs that the brokers have.")
    refused = metrics.counter("conclave_folding_refused_total", "Outputs that could never be sent.")
    dead = metrics.counter("conclave_folding_dead_total", "Records of the log that could not be folded.")
  }
}
