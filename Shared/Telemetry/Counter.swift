internal import Threads

/// A number that only grows.
package final class Counter: Sendable {
  private let total = Lock(0.0)

  /// What would make it shrink is left out.
  package func add(_ amount: Double = 1) {
    guard amount > 0 else { return }
    total.withLock { $0 += amount }
  }

  package var value: Double { total.withLock { $0 } }
}

extension Counter: Instrument {
  static var kind: String { "counter" }

  func add(to text: inout PrometheusText, _ name: String, _ labels: String) { text.line(name, labels, value) }
}
