internal import Glibc

/// A figure over another on logarithmic axes, as a picture that needs nothing but a browser. Both axes show whole powers
/// of ten, and a line of proportion (dashed) through the first point: what grows with the size runs along it, what
/// is flat leaves it.
struct SVGPlot: Equatable, Sendable {
  struct Point: Equatable, Sendable {
    let x: Double
    let y: Double
  }

  /// The file's name, without its ending.
  let name: String
  let title: String
  let x: String
  let y: String
  let points: [Point]

  init(name: String, title: String, x: String, y: String, points: [Point]) {
    self.name = name
    self.title = title
    self.x = x
    self.y = y
    self.points = points.filter { $0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
  }

  /// How the figure grows, as the exponent of a power of the size: 0 is flat, 1 is in proportion. Least squares over the
  /// logarithms; no number for fewer than two sizes.
  var slope: Double {
    let logs = points.map { (log10($0.x), log10($0.y)) }
    let count = Double(logs.count)
    let meanX = logs.reduce(0) { $0 + $1.0 } / count
    let meanY = logs.reduce(0) { $0 + $1.1 } / count
    let across = logs.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
    guard across > 0 else { return .nan }
    return logs.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / across
  }

  /// The slope in words.
  var verdict: String {
    let slope = slope
    guard slope.isFinite else { return "not measured at two sizes" }
    if abs(slope) <= 0.1 { return "flat" }
    if slope < 0 { return "falls" }
    if slope < 0.85 { return "grows less than in proportion" }
    return slope <= 1.15 ? "linear" : "grows more than in proportion"
  }

  private static let width = 640.0
  private static let height = 420.0
  private static let left = 70.0
  private static let right = 620.0
  private static let top = 50.0
  private static let bottom = 360.0

  var svg: String {
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(Self.width))" height="\(Self.number(Self.height))" \
      font-family="sans-serif" font-size="12">
      """,
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      Self.text(Self.width / 2, 24, title, "middle", size: 15),
      Self.text((Self.left + Self.right) / 2, Self.height - 12, x, "middle"),
      """
      <text transform="translate(18 \(Self.number((Self.top + Self.bottom) / 2))) rotate(-90)" \
      text-anchor="middle">\(Self.escaped(y))</text>
      """,
    ]
    if let first = points.first, let last = points.last {
      let across = Axis(points.map(\.x), Self.left, Self.right)
      let up = Axis(points.map(\.y), Self.bottom, Self.top)
      parts += across.ticks.map { tick in
        Self.line(across.place(tick), Self.bottom, across.place(tick), Self.top, "#ddd")
          + Self.text(across.place(tick), Self.bottom + 18, Axis.label(tick), "middle")
      }
      parts += up.ticks.map { tick in
        Self.line(Self.left, up.place(tick), Self.right, up.place(tick), "#ddd")
          + Self.text(Self.left - 8, up.place(tick) + 4, Axis.label(tick), "end")
      }
      // in proportion, as far as the picture goes
      let most = min(last.x, first.x * up.end / first.y)
      parts.append(
        Self.line(
          across.place(first.x), up.place(first.y), across.place(most), up.place(first.y * most / first.x), "#999",
          dashed: true))
      let places = points.map { (across.place($0.x), up.place($0.y)) }
      let path = places.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
      parts.append("<polyline points=\"\(path)\" fill=\"none\" stroke=\"#0057b8\" stroke-width=\"2\"/>")
      parts += places.map {
        "<circle cx=\"\(Self.number($0.0))\" cy=\"\(Self.number($0.1))\" r=\"4\" fill=\"#0057b8\"/>"
      }
      parts.append(
        Self.text(Self.right, 42, "slope \(BenchTable.rounded(slope, 2)): \(verdict)", "end"))
    }
    return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// Powers of ten from the one below the least figure to the one above the most.
  private struct Axis {
    let from: Double
    let to: Double
    let start: Double
    let stop: Double

    init(_ values: [Double], _ start: Double, _ stop: Double) {
      let low = floor(log10(values.min() ?? 1))
      from = low
      to = max(low + 1, ceil(log10(values.max() ?? 1)))
      self.start = start
      self.stop = stop
    }

    var end: Double { pow(10, to) }
    var ticks: [Double] { stride(from: from, through: to, by: 1).map { pow(10, $0) } }
    func place(_ value: Double) -> Double { start + (log10(value) - from) / (to - from) * (stop - start) }

    static func label(_ value: Double) -> String {
      switch value {
      case 1_000_000...: BenchTable.rounded(value / 1_000_000, 0) + " M"
      case 1_000...: BenchTable.rounded(value / 1_000, 0) + " k"
      case 1...: BenchTable.rounded(value, 0)
      default: BenchTable.rounded(value, Int(-log10(value).rounded()))
      }
    }
  }

  private static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, dashed: Bool = false
  ) -> String {
    let dashes = dashed ? " stroke-dasharray=\"6 4\"" : ""
    return "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "stroke=\"\(colour)\"\(dashes)/>"
  }

  private static func text(_ x: Double, _ y: Double, _ text: String, _ anchor: String, size: Int = 12) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">\(escaped(text))</text>"
  }

  private static func number(_ value: Double) -> String { BenchTable.rounded(value, 1) }

  private static func escaped(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      default: String(character)
      }
    }.joined()
  }
}
