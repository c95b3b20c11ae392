package import Deliberation

/// How wide a door opens to a provider of which nothing is known yet, or that has just come back: a few at first, twice as
/// many every moment as long as nothing speaks against it. A provider that is down then gets a few requests and not
/// everything that waits.
package struct Ramp: Sendable, Equatable {
  private var base: Double
  private var since: Moment

  package static let first = 32.0
  /// After an outage: what was down is often not whole at once.
  package static let again = 8.0
  /// How long until the width has doubled: a refusal takes a provider some tenths of a second, and until the first one
  /// is there nothing speaks against more.
  package static let every: Int64 = 200
  /// Beyond this a provider is known well enough.
  package static let widest = 1_000_000.0

  package init(_ base: Double, now: Moment) {
    self.base = base
    since = now
  }

  package func width(_ now: Moment) -> Double {
    let doublings = max(0, now - since) / Self.every
    return doublings > 20 ? Self.widest : min(Self.widest, base * Double(1 << doublings))
  }

  /// An answer came.
  package mutating func answered(_ now: Moment) { base += 1 }

  /// A failure that speaks of an outage: what was gained is given up.
  package mutating func failed(_ now: Moment) {
    base = max(Self.again, width(now) / 2)
    since = now
  }

  /// When it is wider.
  package func next(_ now: Moment) -> Moment { since + (max(0, now - since) / Self.every + 1) * Self.every }
}
