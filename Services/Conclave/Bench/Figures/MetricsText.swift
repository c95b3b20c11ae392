/// Reads what services show on `/metrics`.
enum MetricsText {
  /// The sum of a metric over its labels.
  static func sum(_ text: String, _ name: String) -> Double {
    text.split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix(name), let next = line.dropFirst(name.count).first, next == " " || next == "{",
        let value = line.split(separator: " ").last.flatMap({ Double($0) })
      else { return sum }
      return sum + value
    }
  }
}
