import Telemetry
import Testing

@Suite struct MetricsTests {
  @Test("the same name and labels give the same instrument, in whatever order the labels stand")
  func sameInstrument() {
    let metrics = Metrics()
    metrics.counter("c_total", "help", [("a", "1"), ("b", "2")]).add(2)
    metrics.counter("c_total", "help", [("b", "2"), ("a", "1")]).add()
    #expect(metrics.counter("c_total", "help", [("a", "1"), ("b", "2")]).value == 3)
    #expect(metrics.counter("c_total", "help", [("a", "2")]).value == 0)
  }

  @Test("everything is rendered as Prometheus reads it")
  func render() {
    let metrics = Metrics()
    metrics.counter("b_total", "two\nlines", [("model", "say \"hi\"\\")]).add(2.5)
    metrics.gauge("a", "first").set(-1)
    metrics.gauge("asked", "read when asked") { 7 }
    let histogram = metrics.histogram("h_seconds", "time", [0.1, 1], [("x", "y")])
    for value in [0.05, 0.1, 0.5, 3] { histogram.observe(value) }
    #expect(
      metrics.render() == """
        # HELP a first
        # TYPE a gauge
        a -1
        # HELP asked read when asked
        # TYPE asked gauge
        asked 7
        # HELP b_total two\\nlines
        # TYPE b_total counter
        b_total{model="say \\"hi\\"\\\\"} 2.5
        # HELP h_seconds time
        # TYPE h_seconds histogram
        h_seconds_bucket{x="y",le="0.1"} 2
        h_seconds_bucket{x="y",le="1"} 3
        h_seconds_bucket{x="y",le="+Inf"} 4
        h_seconds_sum{x="y"} 3.65
        h_seconds_count{x="y"} 4

        """)
  }

  @Test("a name with too many series keeps the first ones and says how many it refused")
  func tooManySeries() {
    let metrics = Metrics()
    for number in 0..<2_010 { metrics.counter("c_total", "help", [("n", "\(number)")]).add() }
    let lines = metrics.render().split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("c_total{") }.count == 2_000)
    #expect(lines.contains("conclave_metrics_series_refused_total 10"))
  }

  @Test("a counter never shrinks")
  func onlyGrows() {
    let counter = Metrics().counter("c_total", "help")
    counter.add(-5)
    counter.add(.nan)
    counter.add()
    #expect(counter.value == 1)
  }
}
