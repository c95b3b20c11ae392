internal import Deliberation

/// What the latest requests say of their provider: it is down where nearly all that ended lately have failed, or nearly
/// all that began lately. The second is what is seen where everything new is refused while answers to what began long
/// before still come in.
struct Evidence: Sendable {
  private struct Request: Sendable {
    let began: Moment
    /// nil: it has not ended.
    var hasFailed: Bool?
  }

  /// The latest that ended, the newest last: true is a failure.
  private var ended: [Bool] = []
  /// The latest that began, as a ring.
  private var begun: [Request] = []
  private var oldest = 0

  /// So many of the latest are looked at, and so many of them must have failed.
  static let window = 20
  static let enough = 18
  /// So many are remembered, as many may begin before the first of them is refused.
  private static let memory = 1_024
  /// How much one refusal may take longer than another, in milliseconds.
  private static let slack: Int64 = 20

  mutating func began(_ now: Moment) {
    // a clock that was set back
    if let last = begun.indices.last, now < at(last).began { (begun, oldest) = ([], 0) }
    if begun.count < Self.memory {
      begun.append(Request(began: now))
    } else {
      begun[oldest] = Request(began: now)
      oldest = (oldest + 1) % Self.memory
    }
  }

  mutating func answered(_ began: Moment) { note(began, false) }

  /// Whether the provider is down by now.
  mutating func failed(_ began: Moment, _ now: Moment) -> Bool {
    note(began, true)
    return ended.count(where: \.self) >= Self.enough || failures(now, after: now - began) >= Self.enough
  }

  /// How many of the newest have failed. What is as young as the failure that took so long was says nothing yet; what is
  /// older, and goes on, was not refused like it.
  private func failures(_ now: Moment, after took: Int64) -> Int {
    let young = took + min(took, Self.slack)
    var (others, failures) = (0, 0)
    for place in begun.indices.reversed() {
      let request = at(place)
      if request.hasFailed == nil, now - request.began < young { continue }
      if request.hasFailed == true { failures += 1 } else { others += 1 }
      if failures + others == Self.window || others > Self.window - Self.enough { break }
    }
    return failures
  }

  private mutating func note(_ began: Moment, _ hasFailed: Bool) {
    ended.append(hasFailed)
    if ended.count > Self.window { ended.removeFirst() }
    // the last of those that began by then; of those that began in one millisecond any will do
    var (low, high) = (0, begun.count)
    while low < high {
      let middle = (low + high) / 2
      if at(middle).began <= began { low = middle + 1 } else { high = middle }
    }
    while low > 0, at(low - 1).began == began {
      low -= 1
      guard at(low).hasFailed == nil else { continue }
      begun[(oldest + low) % begun.count].hasFailed = hasFailed
      return
    }
  }

  /// The oldest stands at 0.
  private func at(_ place: Int) -> Request { begun[(oldest + place) % begun.count] }
}
