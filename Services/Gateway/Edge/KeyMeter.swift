internal import Settings

/// What one key has used of its limits: requests of the last minute as a bucket that fills evenly, what is open, what
/// today has cost.
struct KeyMeter: Sendable {
  /// Why a request is refused, and in how many seconds it may come again.
  enum Refusal: Equatable, Sendable {
    case rate(retryAfter: Int)
    case concurrent(limit: Int)
    case cost(limit: Double, retryAfter: Int)
  }

  let key: APIKey
  private(set) var open = 0
  private var left: Double
  private var filledAt: Int64
  private var day: Int64 = 0
  private var cost = 0.0

  private static let dayLength: Int64 = 86_400_000

  init(_ key: APIKey, now: Int64) {
    self.key = key
    left = Double(key.requestsPerMinute ?? 0)
    filledAt = now
  }

  private mutating func refill(_ now: Int64) {
    guard let limit = key.requestsPerMinute else { return }
    left = min(Double(limit), left + Double(max(0, now - filledAt)) * Double(limit) / 60_000)
    filledAt = now
  }

  /// Takes a request in, or says why not. One that is refused uses nothing.
  mutating func enter(_ now: Int64) -> Refusal? {
    refill(now)
    turn(now)
    if let limit = key.costPerDay, cost >= limit {
      return .cost(limit: limit, retryAfter: Int((Self.dayLength - now % Self.dayLength) / 1000) + 1)
    }
    if let limit = key.concurrent, open >= limit { return .concurrent(limit: limit) }
    if let refusal = use() { return refusal }
    open += 1
    return nil
  }

  /// The same for a request that opens nothing.
  mutating func join(_ now: Int64) -> Refusal? {
    refill(now)
    return use()
  }

  private mutating func use() -> Refusal? {
    guard let limit = key.requestsPerMinute else { return nil }
    guard left >= 1 else { return .rate(retryAfter: Int(((1 - left) * 60 / Double(limit)).rounded(.up))) }
    left -= 1
    return nil
  }

  /// It was let in and there is no room for it: it has used nothing.
  mutating func refund(_ now: Int64) {
    leave(cost: 0, now)
    if let limit = key.requestsPerMinute { left = min(Double(limit), left + 1) }
  }

  /// Others know what that day has cost so far.
  mutating func learn(cost: Double, _ now: Int64) {
    turn(now)
    self.cost = max(self.cost, cost)
  }

  mutating func leave(cost: Double, _ now: Int64) {
    open -= 1
    turn(now)
    self.cost += cost
  }

  private mutating func turn(_ now: Int64) {
    guard now / Self.dayLength != day else { return }
    day = now / Self.dayLength
    cost = 0
  }

  /// What answers say of the rate: limit, what is left, and when all of it is there again.
  func headers(_ now: Int64) -> [(String, String)] {
    guard let limit = key.requestsPerMinute else { return [] }
    let full = now + Int64((Double(limit) - left) * 60_000 / Double(limit))
    return [
      ("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(Int(left))"), ("X-RateLimit-Reset", "\(full)"),
    ]
  }
}
