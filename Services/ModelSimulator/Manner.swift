/// How one request is treated: its model's name, what the prompt asks for and what was set from outside, taken together.
struct Manner: Equatable, Sendable {
  var latency: ClosedRange<Int>?
  var wordsPerSecond: Int?
  var dripMilliseconds: Int?
  var words: Int?
  var bytes: Int?
  var fault: Fault?
  var retryAfter: RetryAfter?
  var rateLimit: RateLimit?
  var occasion: Part.Occasion?
  var wire: Set<Part.Wire> = []
  var content: Set<Part.Content> = []
  var finish: String?
  var cost: Cost = .none
  var hidesUsage = false
  var cached: Int?
  var reasons = false
  var varies = false
  var judging: Part.Judging?
  var fusing: Part.Fusing?
  var repeatsTools = false

  struct RetryAfter: Equatable, Sendable {
    let seconds: Int
    let asDate: Bool
  }

  struct RateLimit: Equatable, Sendable {
    let remaining: Int
    let resetSeconds: Int
    let limit: Int?
  }

  enum Cost: Equatable, Sendable {
    case none
    case madeUp
    case given(Double)
  }

  /// The later of two wishes for the same thing wins.
  init(_ wishes: [ModelName.Wish], for purpose: Purpose?) {
    for wish in wishes where wish.purpose == nil || wish.purpose == purpose { take(wish.part) }
    if retryAfter != nil, fault == nil { fault = .status(429) }
    if let occasion, !misbehaves {
      if case .between = occasion { fault = .status(503) } else { fault = .status(500) }
    }
  }

  private var misbehaves: Bool {
    fault != nil || judging != nil || !content.isEmpty || !wire.isEmpty || finish != nil || dripMilliseconds != nil
  }

  /// The same without what goes wrong: how a model behaves outside the occasion of its misbehaviour.
  var calm: Manner {
    var calm = self
    calm.fault = nil
    calm.retryAfter = nil
    calm.judging = nil
    calm.content = []
    calm.wire = []
    calm.finish = nil
    calm.dripMilliseconds = nil
    return calm
  }

  private mutating func take(_ part: Part) {
    switch part {
    case .latency(let range): latency = range
    case .pace(let pace): wordsPerSecond = pace
    case .drip(let milliseconds): dripMilliseconds = milliseconds
    case .words(let count): words = count
    case .bytes(let count): bytes = count
    case .fault(let wished): fault = wished
    case .retryAfter(let seconds, let asDate): retryAfter = RetryAfter(seconds: seconds, asDate: asDate)
    case .rateLimit(let remaining, let seconds, let limit):
      rateLimit = RateLimit(remaining: remaining, resetSeconds: seconds, limit: limit)
    case .occasion(let wished): occasion = wished
    case .wire(let wished): wire.insert(wished)
    case .content(let wished): content.insert(wished)
    case .finish(let reason): finish = reason
    case .cost(let amount): cost = amount.map { .given($0) } ?? .madeUp
    case .noUsage: hidesUsage = true
    case .cached(let count): cached = count
    case .reasoning: reasons = true
    case .vary: varies = true
    case .judging(let wished): judging = wished
    case .fusing(let wished): fusing = wished
    case .toolsAlways: repeatsTools = true
    case .personality: break
    }
  }
}
