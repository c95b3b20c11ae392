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

  /// The answer to a browser that asks whether it may; nil where it may not, or where this is no such question.
  func preflight(_ request: ServerRequest) -> [(String, String)]? {
    guard let origin = request.header("Origin"), admits(origin),
      request.header("Access-Control-Request-Method") != nil
    else { return nil }
    return [
      ("Access-Control-Allow-Methods", "GET, POST, DELETE"),
      (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, X-Request-Id, HTTP-Referer, X-Title, X-OpenRouter-Title, X-OpenRouter-Categories, X-OpenRouter-Metadata, X-OpenRouter-Cache, X-Stainless-Arch, X-Stainless-Lang, X-Stainless-OS, X-Stainless-Package-Version, X-Stainless-Runtime, X-Stainless-Runtime-Version, X-Stainless-Retry-Count, X-Stainless-Timeout"
      ),
      ("Access-Control-Max-Age", "600"),
    ]
  }
}
