/// Remembers how often each call was tried and when each model was first asked, for models that fail on occasion.
struct Tries {
  private static let most = 1_000_000

  private var counts: [UInt64: Int] = [:]
  private var firstAsked: [String: Int64] = [:]

  /// Which try of this call it is, from 0. Beyond the bound everything is forgotten and counts from 0 again.
  mutating func next(_ key: UInt64) -> Int {
    if counts.count >= Tries.most { counts = [:] }
    defer { counts[key, default: 0] += 1 }
    return counts[key] ?? 0
  }

  /// Seconds since this model was first asked.
  mutating func age(of model: String, now: Int64) -> Double {
    if firstAsked.count >= Tries.most { firstAsked = [:] }
    guard let first = firstAsked[model] else {
      firstAsked[model] = now
      return 0
    }
    return Double(now - first) / 1e9
  }
}
