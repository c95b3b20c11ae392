internal import Deliberation
internal import Telemetry

/// The figures of one lane, as metrics and for whoever asks how ready it is.
final class LaneMeters: Sendable {
  private let inFlight: Gauge
  private let held: Gauge
  private let orphans: Gauge
  private let connected: Readiness.Condition
  private let counters: LaneCounters

  init(lane: String, metrics: Metrics, readiness: Readiness) {
    let labels = [("lane", lane)]
    inFlight = metrics.gauge("conclave_calls_in_flight", "Calls that this process performs.", labels)
    held = metrics.gauge("conclave_calls_held", "Calls that another process still runs, waited for here.", labels)
    orphans = metrics.gauge("conclave_calls_elsewhere", "Calls that go on here though their partition moved.", labels)
    connected = readiness.condition("calls.\(lane)", initially: "partitions are not assigned yet")
    counters = LaneCounters(metrics, labels)
  }

  func show(_ table: CallTable, isConnected: Bool) {
    inFlight.set(Double(table.inFlight))
    held.set(Double(table.held))
    orphans.set(Double(table.orphans))
    counters.show(table.figures)
    if isConnected { connected.met() } else { connected.unmet("no broker is reachable, or no partition assigned") }
  }
}
