internal import Deliberation

/// One figure over the rounds of a measurement: the least, the middle and the most of them.
struct Spread: Equatable, Sendable {
  let least: Double
  let middle: Double
  let most: Double

  /// What is no number was not measured and does not count; where nothing was, every figure is no number.
  init(_ values: [Double]) {
    let sorted = values.filter(\.isFinite).sorted()
    least = sorted.first ?? .nan
    middle = Self.percentile(sorted, 0.5)
    most = sorted.last ?? .nan
  }

  /// One round is told once.
  func text(_ places: Int, times factor: Double = 1) -> String {
    let figures = least == most ? [middle] : [least, middle, most]
    return figures.map { BenchTable.rounded($0 * factor, places) }.joined(separator: " / ")
  }

  var json: JSON { ["min": .double(least), "median": .double(middle), "max": .double(most)] }

  /// Of what is sorted; no number where nothing is.
  static func percentile(_ sorted: [Double], _ part: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
  }

  static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }
}
