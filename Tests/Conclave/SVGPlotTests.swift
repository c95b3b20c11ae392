import Testing

@testable import Conclave

@Suite("A plot") struct SVGPlotTests {
  static func plot(_ points: [(Double, Double)]) -> SVGPlot {
    SVGPlot(
      name: "cost", title: "Cost over <size>", x: "events & more", y: "ms",
      points: points.map { SVGPlot.Point(x: $0.0, y: $0.1) })
  }

  @Test(
    "says how a figure grows",
    arguments: [
      ([(10, 3), (100, 3), (1_000, 3)], 0, "flat"), ([(1, 2), (10, 20), (100, 200)], 1, "linear"),
      ([(1, 1), (10, 100)], 2, "grows more than in proportion"),
      ([(1, 1), (100, 10)], 0.5, "grows less than in proportion"), ([(1, 100), (100, 1)], -1, "falls"),
    ] as [([(Double, Double)], Double, String)])
  func slope(_ points: [(Double, Double)], _ slope: Double, _ verdict: String) {
    let plot = Self.plot(points)
    #expect(abs(plot.slope - slope) < 1e-9)
    #expect(plot.verdict == verdict)
  }

  @Test("makes no growth of one size, nor of what is no number") func one() {
    let plot = Self.plot([(10, 3), (100, .nan), (0, 5), (1_000, -1)])
    #expect(plot.points == [SVGPlot.Point(x: 10, y: 3)])
    #expect(plot.verdict == "not measured at two sizes")
    #expect(plot.svg.contains("<circle"))
    #expect(!plot.svg.lowercased().contains("nan"))
  }

  @Test("is a picture whose words cannot break it") func svg() {
    let svg = Self.plot([(100, 2), (10, 3), (1_000, 4)]).svg
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("Cost over &lt;size&gt;") && svg.contains("events &amp; more"))
    #expect(svg.matches(of: #/<circle/#).count == 3)
    // from the left to the right, whatever order they came in: 10, 100 and 1000 over an axis of two powers of ten
    #expect(svg.contains("<polyline points=\"70.0,"))
    #expect(svg.contains(" 345.0,") && svg.contains(" 620.0,"))
  }
}
