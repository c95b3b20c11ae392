internal import Telemetry

/// What the ledger counts.
struct Meters: Sendable {
  let written: Counter
  let repeats: Counter
  let changed: Counter
  let unreadable: Counter
  let gaps: Counter
  let batches: Histogram
  let failures: Counter
  let searched: Gauge
  let scrub: Gauge

  init(_ metrics: Metrics, waiting: @escaping @Sendable () -> Double) {
    written = metrics.counter("conclave_ledger_events_total", "Records of the log that were written to the file.")
    repeats = metrics.counter("conclave_ledger_repeats_total", "Of these, repeats of an earlier one, byte for byte.")
    changed = metrics.counter("conclave_ledger_changed_total", "Of these, another content under an earlier id.")
    unreadable = metrics.counter("conclave_ledger_unreadable_total", "Of these, what cannot be read.")
    gaps = metrics.counter("conclave_ledger_gaps_total", "Times that offsets were missing in the log.")
    batches = metrics.histogram(
      "conclave_ledger_batch_seconds", "How long writing a batch took.", [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10])
    failures = metrics.counter("conclave_ledger_failures_total", "Batches that could not be written and wait.")
    searched = metrics.gauge("conclave_ledger_search_behind", "Records that the full text does not hold yet.")
    scrub = metrics.gauge(
      "conclave_ledger_scrub_due", "1 while erased text may still stand in the file, because somebody reads it.")
    metrics.gauge("conclave_ledger_waiting", "Records that were read and are not written yet.", read: waiting)
  }
}
