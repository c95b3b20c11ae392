/// How long a model lately took to begin its answers, and how often a second request may be made because of that.
package struct Pace: Sendable, Equatable {
  private var times: [Int64] = []
  private var oldest = 0
  /// Seconds that may be made now.
  private var credit = 0.0

  /// So many times are remembered, and nothing is said before so many are known.
  package static let memory = 200
  package static let least = 20
  /// A model that has become slow for everybody is not asked twice for each: seconds are no more than this many times
  /// what the percentile makes of ordinary days, and so many in a row.
  package static let share = 2.0
  package static let burst = 10.0

  package init() {}

  /// A first request began to answer after this long, or had not when the second one did.
  package mutating func took(_ milliseconds: Int64) {
    let time = max(0, milliseconds)
    if times.count < Self.memory {
      times.append(time)
    } else {
      times[oldest] = time
      oldest = (oldest + 1) % Self.memory
    }
  }

  /// After how long a request that has not begun to answer is slow; nil where too little is known.
  package func limit(_ percentile: Int) -> Int64? {
    guard times.count >= Self.least else { return nil }
    return times.sorted()[min(times.count - 1, times.count * percentile / 100)]
  }

  /// A first request was made.
  package mutating func began(_ percentile: Int) {
    credit = min(Self.burst, credit + Self.share * Double(100 - percentile) / 100)
  }

  /// Whether a second one may be made.
  package var hasSecond: Bool { credit >= 1 }

  package mutating func takeSecond() { credit -= 1 }
}
