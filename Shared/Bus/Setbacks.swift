/// How long to wait before a handle takes the place of one that librdkafka gave up. One that wrote something is replaced
/// at once. Where one after the other is given up before anything was written (they are not let in, say), the brokers are
/// asked ever more seldom.
struct Setbacks {
  static let first = Duration.milliseconds(100)
  static let longest = Duration.seconds(5)
  private var barren = 0

  /// The handle that is there has written something.
  mutating func hasWritten() { barren = 0 }

  mutating func pause() -> Duration {
    defer { barren += 1 }
    guard barren > 0 else { return .zero }
    return min(Self.longest, Self.first * (1 << min(barren - 1, 10)))
  }
}
