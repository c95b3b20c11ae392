extension Part {
  /// Every part by the form in which it is written, for whoever wrote one that does not exist.
  static let forms: [String] =
    plain.keys.sorted() + [
      "latency-N", "latency-A-B", "slow-N-ms", "pace-N", "drip-N", "words-N", "bytes-N", "big-Nmb", "status-N",
      "retry-after-S", "retry-after-date-S", "ratelimit-R-S", "ratelimit-R-S-L", "fail-first-N", "sometimes-P",
      "down-A-B", "finish-X",
      "cost-X", "cached-N", "fusion-over-N", "model-X",
    ]

  init?(_ text: Substring) {
    if let part = Part.plain[String(text)] {
      self = part
      return
    }
    guard let part = Part.withNumbers(text) else { return nil }
    self = part
  }

  private static let plain: [String: Part] = {
    var parts: [String: Part] = [
      "slow": .latency(2000...2000), "drip": .drip(milliseconds: 1000),
      "quota": .fault(.quota), "credits": .fault(.credits), "credits-400": .fault(.creditsInProse),
      "filter": .fault(.filter), "filter-400": .fault(.filterInProse), "refusal": .fault(.refusal),
      "context-400": .fault(.contextLength), "silent": .fault(.silent), "stall": .fault(.stall),
      "nothing": .fault(.nothing), "hangup": .fault(.hangUp), "half": .fault(.half), "html": .fault(.html),
      "wrong-json": .fault(.wrongJSON), "broken-json": .fault(.brokenJSON), "error-200": .fault(.errorWithOK),
      "error-mid-stream": .fault(.errorMidStream), "redirect": .fault(.redirect),
      "header-flood": .fault(.headerFlood), "gzip-bomb": .fault(.gzipBomb), "endless": .fault(.endless),
      "cost": .cost(nil), "no-usage": .noUsage, "reasoning": .reasoning, "vary": .vary,
      "fusion-never": .fusing(.never), "fusion-always": .fusing(.always),
      "tools-always": .toolsAlways,
    ]
    for wire in Wire.allCases { parts[wire.rawValue] = .wire(wire) }
    for content in Content.allCases { parts[content.rawValue] = .content(content) }
    for judging in Judging.allCases { parts[judging.rawValue] = .judging(judging) }
    return parts
  }()

  /// Longest durations and sizes that a name can ask for: half an hour, 1 GB.
  private static let longest = 1_800_000
  private static let largest = 1_000_000_000

  private static func withNumbers(_ text: Substring) -> Part? {
    if let rest = text.without("model-"), !rest.isEmpty { return .personality }
    if let rest = text.without("finish-"), !rest.isEmpty { return .finish(String(rest)) }
    if let rest = text.without("slow-")?.without(suffix: "-ms") {
      return rest.number(longest).map { .latency($0...$0) }
    }
    if let rest = text.without("latency-") { return rest.range(longest).map { .latency($0) } }
    if let rest = text.without("pace-") { return rest.number(1_000_000).map { .pace(wordsPerSecond: max(1, $0)) } }
    if let rest = text.without("drip-") { return rest.number(longest).map { .drip(milliseconds: max(1, $0)) } }
    if let rest = text.without("words-") { return rest.number(1_000_000).map { .words($0) } }
    if let rest = text.without("bytes-") { return rest.number(largest).map { .bytes($0) } }
    if let rest = text.without("big-")?.without(suffix: "mb") {
      return rest.number(1000).map { .fault(.big(megabytes: max(1, $0))) }
    }
    if let rest = text.without("status-") {
      return rest.number(599).flatMap { $0 >= 400 ? .fault(.status($0)) : nil }
    }
    if let rest = text.without("retry-after-date-") {
      return rest.number(longest).map { .retryAfter(seconds: $0, asDate: true) }
    }
    if let rest = text.without("retry-after-") {
      return rest.number(longest).map { .retryAfter(seconds: $0, asDate: false) }
    }
    if let rest = text.without("ratelimit-") {
      let numbers = rest.split(separator: "-", omittingEmptySubsequences: false).map { $0.number(longest) }
      guard (2...3).contains(numbers.count), let remaining = numbers[0], let seconds = numbers[1] else { return nil }
      guard numbers.count == 3 else {
        return .rateLimit(remaining: remaining, resetSeconds: seconds, limit: nil)
      }
      return numbers[2].map { .rateLimit(remaining: remaining, resetSeconds: seconds, limit: $0) }
    }
    if let rest = text.without("fail-first-") { return rest.number(longest).map { .occasion(.first($0)) } }
    if let rest = text.without("sometimes-") { return rest.number(100).map { .occasion(.sometimes(percent: $0)) } }
    if let rest = text.without("down-") { return rest.range(longest).map { .occasion(.between($0)) } }
    if let rest = text.without("cost-") {
      return Double(rest).flatMap { $0.isFinite && $0 >= 0 ? .cost($0) : nil }
    }
    if let rest = text.without("cached-") { return rest.number(longest).map { .cached($0) } }
    if let rest = text.without("fusion-over-") { return rest.number(longest).map { .fusing(.over(words: $0)) } }
    return nil
  }
}

extension Substring {
  fileprivate func without(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }

  fileprivate func without(suffix: String) -> Substring? {
    hasSuffix(suffix) ? dropLast(suffix.count) : nil
  }

  fileprivate func number(_ limit: Int) -> Int? {
    guard utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(self), number <= limit else { return nil }
    return number
  }

  fileprivate func pair(_ limit: Int) -> (Int, Int)? {
    let ends = split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = ends[0].number(limit), let second = ends[1].number(limit) else { return nil }
    return (first, second)
  }

  /// One number, or two that are in order.
  fileprivate func range(_ limit: Int) -> ClosedRange<Int>? {
    if let number = number(limit) { return number...number }
    guard let (first, second) = pair(limit), first <= second else { return nil }
    return first...second
  }
}
