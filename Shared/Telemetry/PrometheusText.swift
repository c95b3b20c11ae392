/// Prometheus' text format, version 0.0.4.
struct PrometheusText {
  private(set) var text = ""

  mutating func add(_ name: String, _ family: Metrics.Family) {
    text += "# HELP \(name) \(Self.escape(family.help, quotes: false))\n# TYPE \(name) \(family.kind)\n"
    for (labels, instrument) in family.series.sorted(by: { $0.key < $1.key }) {
      instrument.add(to: &self, name, labels)
    }
  }

  mutating func add(_ name: String, _ labels: String, _ histogram: Histogram) {
    let counts = histogram.snapshot
    var soFar = 0
    let before = labels.isEmpty ? "" : labels + ","
    for (bound, count) in zip(histogram.bounds, counts.perBucket) {
      soFar += count
      line(name + "_bucket", "\(before)le=\"\(Self.number(bound))\"", Double(soFar))
    }
    line(name + "_bucket", "\(before)le=\"+Inf\"", Double(counts.count))
    line(name + "_sum", labels, counts.sum)
    line(name + "_count", labels, Double(counts.count))
  }

  mutating func line(_ name: String, _ labels: String, _ value: Double) {
    text += labels.isEmpty ? "\(name) \(Self.number(value))\n" : "\(name){\(labels)} \(Self.number(value))\n"
  }

  /// Labels in the order of their names, as they stand between the braces.
  static func labels(_ labels: [(String, String)]) -> String {
    labels.sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\(escape($0.1, quotes: true))\"" }.joined(separator: ",")
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : value.description
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
