internal import Bus
internal import Deliberation
internal import Telemetry
internal import Threads

/// The figures of one lane, as metrics and for whoever asks how ready it is.
final class LaneMeters: Sendable {
  private let inFlight: Gauge
  private let waiting: Gauge
  private let held: Gauge
  private let orphans: Gauge
  private let partitions: Gauge
  private let connected: Readiness.Condition
  private let counters: LaneCounters
  private let doors: DoorMeters
  /// Every turn would be too often.
  private let shown = Lock(Moment(milliseconds: 0))
  private static let every: Int64 = 50

  init(lane: String, metrics: Metrics, readiness: Readiness) {
    let labels = [("lane", lane)]
    inFlight = metrics.gauge("conclave_calls_in_flight", "Calls that this process performs.", labels)
    waiting = metrics.gauge(
      "conclave_calls_waiting", "Commands that were read here and for which there is no room yet.", labels)
    held = metrics.gauge("conclave_calls_held", "Calls that another process still runs, waited for here.", labels)
    orphans = metrics.gauge("conclave_calls_elsewhere", "Calls that go on here though their partition moved.", labels)
    partitions = metrics.gauge("conclave_calls_partitions", "Partitions of the lane owned here.", labels)
    connected = readiness.condition("calls.\(lane)", initially: "partitions are not assigned yet")
    counters = LaneCounters(metrics, labels)
    doors = DoorMeters(metrics, lane: lane)
  }

  func show(_ table: CallTable, isConnected: Bool, refusal: BusError? = nil) {
    let now = Clock.now()
    let isDue = shown.withLock { shown in
      guard now - shown >= Self.every || now < shown || table.isIdle else { return false }
      shown = now
      return true
    }
    guard isDue else { return }
    inFlight.set(Double(table.inFlight))
    waiting.set(Double(table.waiting))
    held.set(Double(table.held))
    orphans.set(Double(table.orphans))
    partitions.set(Double(table.partitionCount))
    counters.show(table.figures)
    for door in table.doors { doors.show(door) }
    if let refusal {
      connected.unmet(refusal.description)
    } else if isConnected {
      connected.met()
    } else {
      connected.unmet("no broker is reachable, or no partition assigned")
    }
  }
}
