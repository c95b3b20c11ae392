internal import Threads

/// A number that goes up and down; set by whoever knows it, or asked for when somebody reads the metrics.
package final class Gauge: Sendable {
  private let current = Lock(0.0)
  private let read: (@Sendable () -> Double)?

  init(read: (@Sendable () -> Double)? = nil) { self.read = read }

  package func set(_ value: Double) { current.withLock { $0 = value } }
  package func add(_ amount: Double) { current.withLock { $0 += amount } }

  package var value: Double { read?() ?? current.withLock { $0 } }
}

extension Gauge: Instrument {
  static var kind: String { "gauge" }

  func add(to text: inout PrometheusText, _ name: String, _ labels: String) { text.line(name, labels, value) }
}
