internal import Threads

/// The numbers of a process, rendered as Prometheus text. The same name with the same labels is the same instrument,
/// so whoever counts need not know who made it.
package final class Metrics: Sendable {
  struct Family {
    let kind: String
    let help: String
    var series: [String: any Instrument] = [:]
  }

  /// How many series one name may have; what comes after that is counted in `conclave_metrics_series_refused_total`
  /// and not shown: a label that somebody outside chooses must not eat the memory.
  static let mostSeries = 2_000

  private let families = Lock<[String: Family]>([:])
  private let refused = Counter()

  package init() {}

  package func counter(_ name: String, _ help: String, _ labels: [(String, String)] = []) -> Counter {
    find(name, help, labels) { Counter() }
  }

  package func gauge(_ name: String, _ help: String, _ labels: [(String, String)] = []) -> Gauge {
    find(name, help, labels) { Gauge() }
  }

  /// A gauge that is asked when somebody reads the metrics. The latest reader of a name and labels is the one asked.
  @discardableResult
  package func gauge(
    _ name: String, _ help: String, _ labels: [(String, String)] = [], read: @escaping @Sendable () -> Double
  ) -> Gauge {
    let gauge = Gauge(read: read)
    _ = find(name, help, labels, replacing: true) { gauge }
    return gauge
  }

  package func histogram(
    _ name: String, _ help: String, _ buckets: [Double], _ labels: [(String, String)] = []
  ) -> Histogram {
    find(name, help, labels) { Histogram(buckets) }
  }

  /// Everything, in the text format that Prometheus reads.
  package func render() -> String {
    let families = families.withLock { $0 }
    var text = PrometheusText()
    for (name, family) in families.sorted(by: { $0.key < $1.key }) { text.add(name, family) }
    if refused.value > 0 {
      var family = Family(kind: Counter.kind, help: "Series that were not kept, because one name had too many.")
      family.series[""] = refused
      text.add("conclave_metrics_series_refused_total", family)
    }
    return text.text
  }

  private func find<I: Instrument>(
    _ name: String, _ help: String, _ labels: [(String, String)], replacing: Bool = false, _ make: () -> I
  ) -> I {
    let key = PrometheusText.labels(labels)
    let made = make()
    let kept = families.withLock { families -> I? in
      var family = families.removeValue(forKey: name) ?? Family(kind: I.kind, help: help)
      defer { families[name] = family }
      precondition(family.kind == I.kind, "the metric \(name) is a \(family.kind), asked for as a \(I.kind)")
      if !replacing, let known = family.series[key] as? I { return known }
      guard family.series[key] != nil || family.series.count < Self.mostSeries else { return nil }
      family.series[key] = made
      return made
    }
    if kept == nil { refused.add() }
    return kept ?? made
  }
}
