/// How long a dead child waits before it is started again: not at all, unless it keeps dying young.
struct RestartPause: Equatable {
  /// A child that lived this long has shown that it can; whatever ended it, the next start is at once.
  static let young = Duration.seconds(10)
  static let first = Duration.milliseconds(100)
  static let longest = Duration.seconds(10)

  /// How many deaths in a row came within `young` of their start.
  private(set) var youngDeaths = 0

  mutating func died(after life: Duration) -> Duration {
    guard life < Self.young else {
      youngDeaths = 0
      return .zero
    }
    youngDeaths += 1
    guard youngDeaths > 1 else { return .zero }
    return min(Self.first * (1 << min(youngDeaths - 2, 10)), Self.longest)
  }
}
