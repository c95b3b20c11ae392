import Deliberation
import Models
import Testing

@Suite struct RateLimitsTests {
  private let now = Moment(milliseconds: 1_790_000_000_000)

  @Test func `OpenAI's headers tell of requests and tokens, with times as words`() {
    let limits = RateLimits.read(
      [
        ("X-RateLimit-Limit-Requests", "60"), ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "149984"), ("x-ratelimit-reset-tokens", "6m0.5s"),
      ], now: now)
    #expect(
      limits
        == RateLimits(
          requests: .init(limit: 60, remaining: 59, whole: 1_000),
          tokens: .init(limit: 150_000, remaining: 149_984, whole: 360_500)))
  }

  @Test func `Anthropic's headers tell it with times of day`() {
    let limits = RateLimits.read(
      [
        ("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", (now + 30_000).rfc3339),
        ("anthropic-ratelimit-input-tokens-remaining", "100"),
        ("anthropic-ratelimit-input-tokens-reset", (now + 2_000).rfc3339),
      ], now: now)
    #expect(limits?.requests == .init(limit: 50, remaining: 0, whole: 30_000))
    #expect(limits?.tokens == .init(remaining: 100, whole: 2_000))
  }

  @Test(arguments: [("1790000004000", Int64(4_000)), ("1790000004", 4_000), ("4", 4_000), ("0", 0), ("1", 1_000)])
  func `a router tells of a window by its end, however it is written`(_ reset: String, _ whole: Int64) {
    let limits = RateLimits.read(
      [("X-RateLimit-Limit", "20"), ("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", reset)], now: now)
    #expect(limits?.requests == .init(remaining: 3, whole: whole))
  }

  @Test(arguments: [
    "", "soon", "-3", "nan", "1x", "s", "1s2", "1.2.3s", "inf", "1e400", "99999999999999999999999s",
  ])
  func `what cannot be read is nothing, and no number is too large`(_ reset: String) {
    let limits = RateLimits.read(
      [("x-ratelimit-remaining-requests", "1"), ("x-ratelimit-reset-requests", reset)], now: now)
    #expect(limits.map { ($0.requests?.whole ?? 0) <= 86_400_000 } ?? true)
    #expect(RateLimits.read([("content-type", "a"), ("x-ratelimit-remaining-requests", reset)], now: now) == nil)
  }
}
