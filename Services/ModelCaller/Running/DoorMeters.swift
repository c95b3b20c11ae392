internal import Telemetry
internal import Threads

/// The doors to a lane's providers, as metrics.
final class DoorMeters: Sendable {
  private struct Instruments: Sendable {
    let open: Gauge
    let waiting: Gauge
    let width: Gauge
    let openings: Counter
    let probes: Counter
    let cuts: Counter
    var last = GateFigures()
  }

  private let metrics: Metrics
  private let lane: String
  private let instruments = Lock<[String: Instruments]>([:])

  init(_ metrics: Metrics, lane: String) {
    self.metrics = metrics
    self.lane = lane
  }

  func show(_ door: DoorState) {
    let (known, before) = instruments.withLock { all in
      let known = all[door.provider] ?? make(door.provider)
      all[door.provider] = known
      all[door.provider]?.last = door.figures
      return (known, known.last)
    }
    known.open.set(door.isOpen ? 1 : 0)
    known.waiting.set(Double(door.waiting))
    known.width.set(Double(door.width))
    known.openings.add(Double(door.figures.openings - before.openings))
    known.probes.add(Double(door.figures.probes - before.probes))
    known.cuts.add(Double(door.figures.cuts - before.cuts))
    if let left = door.allowance {
      metrics.gauge(
        "conclave_provider_allowance", "Requests that a provider has said it would still take.",
        [("lane", lane), ("provider", door.provider)]
      ).set(left)
    }
  }

  private func make(_ provider: String) -> Instruments {
    let labels = [("lane", lane), ("provider", provider)]
    return Instruments(
      open: metrics.gauge("conclave_provider_open", "0 while a provider is taken to be down.", labels),
      waiting: metrics.gauge("conclave_provider_waiting", "Calls that wait for a provider.", labels),
      width: metrics.gauge("conclave_provider_width", "Requests at once that a provider is given.", labels),
      openings: metrics.counter(
        "conclave_provider_outages_total", "How often a provider was found to be down.", labels),
      probes: metrics.counter(
        "conclave_provider_probes_total", "Requests that asked whether a provider is back.", labels),
      cuts: metrics.counter(
        "conclave_provider_cuts_total",
        "How often a provider was given fewer requests at once, after 429 or a timeout.",
        labels))
  }
}
