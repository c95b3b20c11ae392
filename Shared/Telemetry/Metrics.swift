internal import Threads

/// The numbers of a process, rendered as Prometheus text. The same name with the same labels is the same instrument,
/// so whoever counts need not know who made it.
package final class Metrics: Sendable {
  enum Instrument {
    case counter(Counter), gauge(Gauge), histogram(Histogram)

    var kind: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  struct Family {
    let kind: String
    let help: String
    var series: [String: Instrument] = [:]
  }

  /// How many series one name may have; what comes after that is counted in `conclave_metrics_series_refused_total`
  /// and not shown: a label that somebody outside chooses must not eat the memory.
  static let mostSeries = 2_000

  private let families = Lock<[String: Family]>([:])
  private let refused = Counter()

  package init() {}

  package func counter(_ name: String, _ help: String, _ labels: [(String, String)] = []) -> Counter {
    guard case .counter(let counter) = find(name, help, labels, { .counter(Counter()) }) else { return Counter() }
    return counter
  }

  package func gauge(_ name: String, _ help: String, _ labels: [(String, String)] = []) -> Gauge {
    guard case .gauge(let gauge) = find(name, help, labels, { .gauge(Gauge()) }) else { return Gauge() }
    return gauge
  }

  /// A gauge that is asked when somebody reads the metrics. The latest reader of a name and labels is the one asked.
  @discardableResult
  package func gauge(
    _ name: String, _ help: String, _ labels: [(String, String)] = [], read: @escaping @Sendable () -> Double
  ) -> Gauge {
    let gauge = Gauge(read: read)
    _ = find(name, help, labels, replacing: true) { .gauge(gauge) }
    return gauge
  }

  package func histogram(
    _ name: String, _ help: String, _ buckets: [Double], _ labels: [(String, String)] = []
  ) -> Histogram {
    let made = { Instrument.histogram(Histogram(buckets)) }
    guard case .histogram(let histogram) = find(name, help, labels, made) else { return Histogram(buckets) }
    return histogram
  }

  /// Everything, in the text format that Prometheus reads.
  package func render() -> String {
    let families = families.withLock { $0 }
    var text = PrometheusText()
    for (name, family) in families.sorted(by: { $0.key < $1.key }) { text.add(name, family) }
    if refused.value > 0 {
      var family = Family(kind: "counter", help: "Series that were not kept, because one name had too many.")
      family.series[""] = .counter(refused)
      text.add("conclave_metrics_series_refused_total", family)
    }
    return text.text
  }

  private func find(
    _ name: String, _ help: String, _ labels: [(String, String)], replacing: Bool = false, _ make: () -> Instrument
  ) -> Instrument {
    let key = PrometheusText.labels(labels)
    let made = make()
    let kept = families.withLock { families -> Instrument? in
      var family = families.removeValue(forKey: name) ?? Family(kind: made.kind, help: help)
      defer { families[name] = family }
      precondition(family.kind == made.kind, "the metric \(name) is a \(family.kind), asked for as a \(made.kind)")
      if !replacing, let known = family.series[key] { return known }
      guard family.series[key] != nil || family.series.count < Self.mostSeries else { return nil }
      family.series[key] = made
      return made
    }
    if kept == nil { refused.add() }
    return kept ?? made
  }
}
