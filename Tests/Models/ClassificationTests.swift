import Deliberation
import Models
import Testing

@Suite struct ClassificationTests {
  private let now = Moment(milliseconds: 1_790_000_000_000)

  private func classify(_ status: Int, _ body: String = "{}", _ headers: [(String, String)] = []) -> ProviderFailure {
    Classification.failure(
      status: status, headers: headers, body: Array(body.utf8), scrubber: Scrubber([Secret("hush-hush-7")]), now: now)
  }

  @Test(arguments: [
    (400, FailureReason.invalidRequest, ProviderFailure.Remedy.none), (413, .invalidRequest, .none),
    (422, .invalidRequest, .none), (401, .upstreamError, .elsewhere), (403, .upstreamError, .elsewhere),
    (404, .upstreamError, .elsewhere), (402, .insufficientCredits, .elsewhere), (408, .timeout, .later),
    (409, .upstreamError, .laterHere), (425, .upstreamError, .laterHere), (429, .rateLimited, .later),
    (500, .upstreamError, .later), (502, .upstreamError, .later), (503, .upstreamError, .later),
    (529, .upstreamError, .later), (302, .upstreamError, .elsewhere), (410, .upstreamError, .none),
  ])
  func `a status alone says what may follow`(_ status: Int, _ reason: FailureReason, _ remedy: ProviderFailure.Remedy) {
    let failure = classify(status)
    #expect(failure.reason == reason)
    #expect(failure.remedy == remedy)
    #expect(failure.status == status)
  }

  @Test func `a 429 that means money is told apart from one that means rate`() {
    let money = classify(429, #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#)
    #expect(money.reason == .insufficientCredits)
    #expect(money.remedy == .elsewhere)
    #expect(classify(429, #"{"error":{"code":"rate_limit_exceeded"}}"#).reason == .rateLimited)
  }

  @Test func `money and filtering that are told only in prose are understood`() {
    #expect(
      classify(
        400, #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#
      )
      .reason == .insufficientCredits)
    let filtered = classify(
      400, #"{"error":{"code":"content_filter","message":"The response was filtered due to the prompt triggering…"}}"#)
    #expect(filtered.reason == .contentFilter)
    #expect(filtered.remedy == ProviderFailure.Remedy.none)
    #expect(
      classify(403, #"{"error":{"message":"flagged","metadata":{"reasons":["violence"]}}}"#).reason == .contentFilter)
    #expect(classify(400, #"{"error":{"message":"temperature is out of range"}}"#).reason == .invalidRequest)
  }

  @Test(arguments: [
    ("retry-after", "7", Int64?(7_000)), ("Retry-After", "0.5", 500), ("retry-after-ms", "250", 250),
    ("retry-after", "Tue, 22 Sep 2026 14:13:30 GMT", 10_000), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 0),
    ("retry-after", "soon", nil), ("retry-after", "-3", nil), ("retry-after", "1e300", 86_400_000),
  ])
  func `Retry-After is read in seconds and as a date`(_ name: String, _ value: String, _ wait: Int64?) throws {
    let base = try #require(Moment(rfc3339: "2026-09-22T14:13:20Z"))
    #expect(RetryAfter.milliseconds([(name, value)], now: base) == wait)
  }

  @Test func `a wait is taken only where a try may follow`() {
    #expect(classify(429, "{}", [("retry-after", "3")]).retryAfter == 3_000)
    #expect(classify(400, "{}", [("retry-after", "3")]).retryAfter == nil)
  }

  @Test func `keys are scrubbed from what providers say, and it is one short line`() {
    let message = classify(
      401, #"{"error":{"message":"Incorrect key hush-hush-7 or sk-abcdef123456.\nSee\u0007 docs"}}"#
    ).message
    #expect(!message.contains("hush"))
    #expect(!message.contains("abcdef"))
    #expect(!message.contains("\n"))
    #expect(message.contains("Incorrect key"))
    #expect(
      classify(500, "{\"error\":{\"message\":\"\(String(repeating: "x ", count: 9_000))\"}}").message.count <= 501)
  }

  @Test func `a body that is no JSON is quoted`() {
    #expect(classify(502, "<h1>Bad gateway</h1>").message.contains("Bad gateway"))
  }
}
