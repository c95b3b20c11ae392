package import Deliberation

/// How the bound on requests at once comes back after a cut, by time, as answers of models take long: quickly to about
/// where it was cut, slowly around there, and then faster and faster, as TCP's CUBIC does. So a provider with a bound of
/// its own is met at that bound again and again and seldom beyond it, and a storm that had nothing to do with how many
/// asked is over within half a minute, however many that were.
package struct Recovery: Sendable, Equatable {
  /// What was too much.
  package let peak: Double
  private let low: Double
  private var since: Moment
  private var seen: Moment

  /// How steep the curve is on both sides of its peak.
  package static let steepness = 0.4
  package init(peak: Double, low: Double, now: Moment) {
    self.peak = max(peak, low)
    self.low = low
    since = now
    seen = now
  }

  /// Seconds until it is where it was cut.
  private var pause: Double { Self.root((peak - low) / Self.steepness) }

  /// The bound by now. Time in which answers come slowly does not count.
  package mutating func bound(_ now: Moment, holds: Bool) -> Double {
    if !holds { since = since + max(0, now - seen) }
    seen = max(seen, now)
    let seconds = Double(max(0, now - since)) / 1000 - pause
    return max(low, peak + Self.steepness * seconds * seconds * seconds)
  }

  /// Time until then does not count either: while refused places rest nothing shows whether the rest is taken.
  package mutating func rest(until: Moment) { since = max(since, until) }

  private static func root(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    // Newton's way, which comes near enough in a few steps from any start
    var guess = max(1, value / 3)
    for _ in 0..<60 { guess -= (guess * guess * guess - value) / (3 * guess * guess) }
    return guess
  }
}
