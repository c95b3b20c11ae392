package import Deliberation
internal import Web

/// What a provider says in an answer's headers of how much it would still take: OpenAI's names, Anthropic's, and the
/// plain ones that routers use.
package struct RateLimits: Sendable, Equatable {
  package struct Room: Sendable, Equatable {
    /// The most there ever is; with it the room grows back little by little, without it all at once.
    package var limit: Int?
    package var remaining: Int
    /// Milliseconds until it is whole again.
    package var whole: Int64

    package init(limit: Int? = nil, remaining: Int, whole: Int64) {
      self.limit = limit
      self.remaining = remaining
      self.whole = whole
    }
  }

  package var requests: Room?
  package var tokens: Room?

  package init(requests: Room? = nil, tokens: Room? = nil) {
    self.requests = requests
    self.tokens = tokens
  }

  /// nil where the headers say nothing readable.
  package static func read(_ headers: [(String, String)], now: Moment) -> RateLimits? {
    var told: [String: String] = [:]
    for (name, value) in headers where name.utf8.count < 60 && ASCIIText.holds(name, "ratelimit-") {
      told[name.lowercased()] = value.trimmed
    }
    guard !told.isEmpty else { return nil }
    let limits = RateLimits(
      requests: room(
        told, now,
        [
          ("x-ratelimit", "-requests"), ("anthropic-ratelimit-requests", ""), ("x-ratelimit", ""),
          ("ratelimit", ""),
        ]),
      tokens: room(
        told, now,
        [
          ("x-ratelimit", "-tokens"), ("anthropic-ratelimit-tokens", ""),
          ("anthropic-ratelimit-input-tokens", ""),
        ]))
    return limits.requests == nil && limits.tokens == nil ? nil : limits
  }

  private static func room(_ told: [String: String], _ now: Moment, _ names: [(String, String)]) -> Room? {
    for (head, tail) in names {
      // only whoever counts requests or tokens by name gives a bucket; the plain names tell of a window
      let isBucket = !tail.isEmpty || head.hasPrefix("anthropic")
      guard let remaining = told["\(head)-remaining\(tail)"].flatMap(count),
        let whole = told["\(head)-reset\(tail)"].flatMap({ span($0, now) })
      else { continue }
      let limit = isBucket ? told["\(head)-limit\(tail)"].flatMap(count) : nil
      return Room(limit: limit.flatMap { $0 > 0 ? $0 : nil }, remaining: remaining, whole: whole)
    }
    return nil
  }

  private static func count(_ text: String) -> Int? {
    guard let number = Double(text), number.isFinite, number > -1 else { return nil }
    return Int(min(max(0, number), 1e12))
  }

  /// A day: nobody waits longer for a bucket.
  private static let longest: Int64 = 86_400_000

  /// `6m0s`, `120ms`, `1h2m3.5s`; seconds from now; a time of day in seconds or milliseconds; a date.
  static func span(_ text: String, _ now: Moment) -> Int64? {
    if let number = Double(text) {
      guard number.isFinite, number >= 0 else { return nil }
      let wait =
        switch number {
        case 1e11...: number - Double(now.milliseconds)
        case 1e8...: number * 1000 - Double(now.milliseconds)
        default: number * 1000
        }
      return Int64(min(max(0, wait), Double(longest)))
    }
    if let moment = Moment(rfc3339: text) { return min(max(0, moment - now), longest) }
    return duration(text)
  }

  private static func duration(_ text: String) -> Int64? {
    var rest = text[...]
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      let factors = ["ms": 1.0, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
      guard let number = Double(digits), let factor = factors[String(unit)] else { return nil }
      total += number * factor
    }
    guard !text.isEmpty, total.isFinite else { return nil }
    return Int64(min(max(0, total.rounded(.up)), Double(longest)))
  }
}
