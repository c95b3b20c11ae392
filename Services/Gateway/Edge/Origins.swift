internal import Web

/// Which web pages may ask from a browser: those of the origins that the settings name, or of all with `*`.
struct Origins: Sendable {
  private let allowed: Set<String>

  init(_ allowed: [String]) { self.allowed = Set(allowed) }

  private func admits(_ origin: String) -> Bool { allowed.contains("*") || allowed.contains(origin) }

  /// What every answer to a page of that origin says.
  func headers(_ origin: String?) -> [(String, String)] {
    guard let origin, admits(origin) else { return [] }
    return [
      ("Access-Control-Allow-Origin", allowed.contains("*") ? "*" : origin), ("Vary", "Origin"),
      (
        "Access-Control-Expose-Headers",
        "X-Generation-Id, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
      ),
    ]
  }

  /// What clients that people use send of their own.
  private static let headers = [
    "Authorization", "Content-Type", "Accept", "Idempotency-Key", "Last-Event-ID", "X-Request-Id", "traceparent",
    "tracestate", "HTTP-Referer", "X-Title", "X-OpenRouter-Title", "X-OpenRouter-Categories", "X-OpenRouter-Metadata",
    "X-OpenRouter-Experimental-Metadata", "X-OpenRouter-Cache", "X-OpenRouter-Cache-TTL", "x-openrouter-fusion-depth",
    "OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta",
  ]

  /// Of what a page names, those that carry what the OpenAI package says of itself: there are more of them with each
  /// version.
  private static func wanted(_ request: ServerRequest) -> [String] {
    let asked = (request.header("Access-Control-Request-Headers") ?? "").split(separator: ",").map {
      $0.filter { $0 != " " }.lowercased()
    }
    return asked.filter { name in
      let isToken = name.utf8.count <= 64 && name.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) }
      return isToken && ["x-stainless-", "openai-"].contains { name.hasPrefix($0) }
    }
  }

  /// The answer to a browser that asks whether it may; nil where it may not, or where this is no such question.
  func preflight(_ request: ServerRequest) -> [(String, String)]? {
    guard let origin = request.header("Origin"), admits(origin),
      request.header("Access-Control-Request-Method") != nil
    else { return nil }
    return [
      ("Access-Control-Allow-Methods", "GET, POST, DELETE"),
      (
        "Access-Control-Allow-Headers",
        (Self.headers + Self.wanted(request)).joined(separator: ", ")
      ),
      ("Access-Control-Max-Age", "600"),
    ]
  }
}
