/// What a simulated provider does instead of answering.
enum Fault: Equatable, Sendable {
  /// An error status with an error body in OpenAI's shape.
  case status(Int)
  /// 429 that no waiting cures: the account has no money left.
  case quota
  case credits
  /// 400 that speaks of money in prose alone.
  case creditsInProse
  /// 200 without content, `finish_reason` content_filter.
  case filter
  /// 400 that speaks of the content policy in prose alone.
  case filterInProse
  case refusal
  case contextLength
  /// The request is taken and nothing is ever said.
  case silent
  /// Half of the body, then silence.
  case stall
  /// 200 with no body.
  case nothing
  /// The connection is closed without an answer.
  case hangUp
  /// Half of the body, then the connection is cut.
  case half
  case html
  case wrongJSON
  case brokenJSON
  /// An error body with status 200.
  case errorWithOK
  case errorMidStream
  case redirect
  case headerFlood
  case gzipBomb
  case endless
  case big(megabytes: Int)
}
