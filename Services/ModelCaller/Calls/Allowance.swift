package import Deliberation

/// What a provider says is left of its own rate, counted on from there until it speaks again. It may only be stricter
/// than what the configuration allows.
package struct Allowance: Sendable, Equatable {
  private var left: Double
  private var at: Moment
  /// When it is whole again; from then on nothing is known.
  private let whole: Moment
  /// How much comes back in a millisecond; nothing where it comes back all at once.
  private let growth: Double

  /// `unheard` requests are under way that the provider's count may not know of yet.
  package init(_ remaining: Int, limit: Int?, whole: Int64, unheard: Double, share: Double, now: Moment) {
    left = Double(remaining) * share - unheard
    at = now
    self.whole = now + whole
    growth = limit.map { whole > 0 ? Double(max(0, $0 - remaining)) * share / Double(whole) : 0 } ?? 0
  }

  package func isOver(_ now: Moment) -> Bool { now >= whole }

  package mutating func holds(_ amount: Double, now: Moment) -> Bool {
    guard !isOver(now) else { return true }
    if now > at {
      left += Double(now - at) * growth
      at = now
    }
    return left >= amount
  }

  package mutating func take(_ amount: Double) { left -= amount }

  /// When it will hold that much.
  package func ready(_ amount: Double, now: Moment) -> Moment {
    guard !isOver(now) else { return now }
    let level = left + Double(max(0, now - at)) * growth
    guard level < amount else { return now }
    guard growth > 0 else { return whole }
    return min(whole, now + Int64(min(86_400_000, ((amount - level) / growth).rounded(.up))))
  }

  /// What may still be asked for, for metrics.
  package var remaining: Double { max(0, left) }
}
