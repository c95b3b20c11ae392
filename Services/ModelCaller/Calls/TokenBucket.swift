package import Deliberation

/// So many a minute, with the bursts that a tenth of a minute allows. A request that is larger than the bucket goes when
/// it is full, and what it took too much is paid back before the next.
package struct TokenBucket: Sendable, Equatable {
  private let perMinute: Double
  private var share = 1.0
  private var level: Double
  private var at: Moment?

  package init(perMinute: Double) {
    self.perMinute = max(perMinute, 1e-3)
    level = max(1, perMinute / 10)
  }

  private var capacity: Double { max(1, perMinute * share / 10) }
  private var perMillisecond: Double { max(perMinute * share, 1e-6) / 60_000 }

  package mutating func share(_ share: Double, now: Moment) {
    fill(now)
    self.share = max(0, min(1, share))
    level = min(level, capacity)
  }

  package mutating func holds(_ amount: Double, now: Moment) -> Bool {
    fill(now)
    return level >= min(amount, capacity)
  }

  package mutating func take(_ amount: Double, now: Moment) {
    fill(now)
    level -= amount
  }

  /// When it will hold that much.
  package func ready(_ amount: Double, now: Moment) -> Moment {
    var copy = self
    copy.fill(now)
    let missing = min(amount, copy.capacity) - copy.level
    guard missing > 0 else { return now }
    return now + Int64(min(3_600_000, (missing / copy.perMillisecond).rounded(.up)))
  }

  private mutating func fill(_ now: Moment) {
    if let at, now > at { level = min(capacity, level + Double(now - at) * perMillisecond) }
    at = max(at ?? now, now)
  }
}
