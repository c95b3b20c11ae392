/// How long a test goes on looking for what must come. Counted is the time between two looks, of each at most a second: a
/// machine that stands still (a paused guest, a starved process) took that time from everybody, and costs no test its end.
package struct Patience {
  private var left: Duration
  private var looked = ContinuousClock.now

  package init(_ limit: Duration) { left = limit }

  /// Asked after each look in vain.
  package mutating func isOver() -> Bool {
    let now = ContinuousClock.now
    left -= min(looked.duration(to: now), .seconds(1))
    looked = now
    return left <= .zero
  }
}
