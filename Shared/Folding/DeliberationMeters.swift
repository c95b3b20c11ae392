package import Deliberation
package import Telemetry

/// What ended, counted for `/metrics` when its end was read and answered: by form, by whether a panel sat, and what it
/// cost by purpose.
package struct DeliberationMeters: Sendable {
  private let metrics: Metrics

  package init(_ metrics: Metrics) { self.metrics = metrics }

  package func count(_ deliberation: Deliberation) {
    guard let end = deliberation.end?.value else { return }
    let status =
      switch end {
      case .completed: "completed"
      case .failed: "failed"
      case .cancelled: "cancelled"
      case .rejected: "rejected"
      }
    metrics.counter(
      "conclave_deliberations_total", "Deliberations that ended.",
      [
        ("form", deliberation.ask?.value.form.rawValue ?? "none"), ("fused", deliberation.seals.isEmpty ? "no" : "yes"),
        ("status", status),
      ]
    ).add()
    var costs: [CallID.Purpose: Double] = [:]
    for (key, call) in deliberation.calls { costs[key.purpose, default: 0] += call.outcome?.value.cost ?? 0 }
    for (purpose, cost) in costs {
      metrics.counter(
        "conclave_cost_dollars_total", "What the calls of ended deliberations cost, in USD.",
        [("purpose", purpose.rawValue)]
      ).add(cost)
    }
  }
}
