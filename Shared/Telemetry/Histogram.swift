internal import Threads

/// How often a measured value fell into which bucket; from it a reader has percentiles.
package final class Histogram: Sendable {
  struct Counts {
    var perBucket: [Int]
    var count = 0
    var sum = 0.0
  }

  let bounds: [Double]
  private let counts: Lock<Counts>

  init(_ bounds: [Double]) {
    self.bounds = bounds.sorted()
    counts = Lock(Counts(perBucket: Array(repeating: 0, count: bounds.count)))
  }

  package func observe(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 }
    counts.withLock { counts in
      if let bucket { counts.perBucket[bucket] += 1 }
      counts.count += 1
      counts.sum += value
    }
  }

  package var count: Int { snapshot.count }

  var snapshot: Counts { counts.withLock { $0 } }

  /// Bounds that fit what we measure: from a hop on the bus to a slow model, in seconds.
  package static let seconds: [Double] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]
}

extension Histogram: Instrument {
  static var kind: String { "histogram" }

  func add(to text: inout PrometheusText, _ name: String, _ labels: String) { text.add(name, labels, self) }
}
