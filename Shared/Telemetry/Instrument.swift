/// Something that is counted or measured. A class, and held as one: the leak checker finds no object behind the packed
/// cases of an enumeration.
protocol Instrument: AnyObject, Sendable {
  /// As Prometheus calls it.
  static var kind: String { get }

  func add(to text: inout PrometheusText, _ name: String, _ labels: String)
}
