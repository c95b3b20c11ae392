internal import Telemetry
internal import Threads

/// A producer's figures.
struct ProducerMeasures: Sendable {
  private let metrics: Metrics
  private let topics = Lock<[String: (written: Counter, refused: Counter)]>([:])
  let latency: Histogram
  let replaced: Counter
  let again: Counter

  init(_ metrics: Metrics, client: String, state: Lock<ProducerState>) {
    self.metrics = metrics
    latency = metrics.histogram(
      "conclave_bus_produce_seconds", "Time from send to the acknowledgement of all replicas.", Histogram.seconds)
    replaced = metrics.counter(
      "conclave_bus_producers_replaced_total", "Producer handles thrown away after a fatal error.")
    again = metrics.counter(
      "conclave_bus_unsure_records_total", "Records sent again because their acknowledgement named no offset.")
    func gauge(_ name: String, _ help: String, _ read: @escaping @Sendable (ProducerState) -> Int) {
      _ = metrics.gauge(name, help, [("client", client)], read: { Double(state.withLock { read($0) }) })
    }
    gauge("conclave_bus_in_flight_records", "Records sent and not acknowledged yet.") {
      $0.pending.count + $0.queue.count
    }
    gauge("conclave_bus_in_flight_bytes", "Their keys, values and headers.") { $0.pending.bytes + $0.queuedBytes }
    gauge("conclave_bus_stalled_records", "Those that wait for access to their topic, or for it to be made.") {
      $0.pending.stalled.values.reduce(0) { $0 + $1.numbers.count }
    }
  }

  func written(_ topic: String) { counters(topic).written.add() }
  func refused(_ topic: String) { counters(topic).refused.add() }

  private func counters(_ topic: String) -> (written: Counter, refused: Counter) {
    if let counters = topics.withLock({ $0[topic] }) { return counters }
    let made = (
      written: metrics.counter("conclave_bus_produced_records_total", "Records acknowledged.", [("topic", topic)]),
      refused: metrics.counter(
        "conclave_bus_refused_records_total", "Records that could not be written.", [("topic", topic)])
    )
    topics.withLock { $0[topic] = made }
    return made
  }
}
