internal import Bus
internal import Telemetry
internal import Threads
internal import Web

/// One HTTP request from its arrival to the end of its answer: the headers that every answer of it has, and its line in
/// the access log. No content is ever in that line.
final class Visit: Sendable {
  let request: ServerRequest
  let requestID: String
  private let responder: Responder
  private let log: Log
  private let began = ContinuousClock.now
  private let state: Lock<State>

  private struct State {
    var headers: [(String, String)]
    var tenant = ""
    var deliberation = ""
    /// Its own span, where a deliberation begins with it.
    var span: String?
    var hasEnded = false
  }

  init(_ request: ServerRequest, _ responder: Responder, headers: [(String, String)], log: Log) {
    self.request = request
    self.responder = responder
    self.log = log
    let own = Self.headers(request)
    requestID = own[0].1
    state = Lock(State(headers: own + headers))
  }

  /// What every answer to a request has, its id first.
  static func headers(_ request: ServerRequest) -> [(String, String)] {
    [("X-Request-Id", usable(request.header("X-Request-Id")) ?? newID())]
  }

  /// Headers for whatever the answer will be.
  func add(headers: [(String, String)]) { state.withLock { $0.headers += headers } }
  func note(tenant: String) { state.withLock { $0.tenant = tenant } }
  func note(deliberation: String) { state.withLock { $0.deliberation = deliberation } }

  /// A deliberation begins with it: what is done for that is done as a part of this. The id of its span.
  func begins(_ deliberation: String) -> String {
    let span = Trace.span("http\n\(UInt64.random(in: .min ... .max))\n\(deliberation)")
    state.withLock { $0.span = span }
    return span
  }

  func respond(_ status: Int, _ headers: [(String, String)], _ body: [UInt8]) {
    responder.respond(status, headers + state.withLock { $0.headers }, body)
    ended(status)
  }

  func stream(_ status: Int, _ headers: [(String, String)]) -> BodyWriter {
    responder.stream(status, headers + state.withLock { $0.headers })
  }

  /// The client went away before the answer was complete.
  func onClose(_ body: @escaping @Sendable () -> Void) {
    responder.onClose { [self] in
      // 499, as others log it
      ended(499)
      body()
    }
  }

  /// The answer is complete, or nobody waits for it any more. Only the first end counts.
  func ended(_ status: Int) {
    let (isFirst, tenant, deliberation, span) = state.withLock { state in
      defer { state.hasEnded = true }
      return (!state.hasEnded, state.tenant, state.deliberation, state.span)
    }
    guard isFirst else { return }
    let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
    let context = request.header("traceparent")
    let trace = Trace.trace(of: context, subject: deliberation.isEmpty ? nil : deliberation) ?? ""
    if let span { tell(span, trace, Trace.span(of: context), status, milliseconds) }
    Self.tell(
      request, status, .milliseconds(milliseconds), id: requestID, tenant: tenant, deliberation: deliberation,
      trace: trace, log: log)
  }

  /// The line in the access log.
  static func tell(
    _ request: ServerRequest, _ status: Int, _ after: Duration, id: String, tenant: String = "",
    deliberation: String = "", trace: String = "", log: Log
  ) {
    log.info(
      "http.answered", ("method", request.method), ("path", String(request.path.prefix(200))), ("status", status),
      ("ms", Int((after / .milliseconds(1)).rounded())), ("tenant", tenant), ("request", id),
      ("deliberation", deliberation), ("trace", trace), ("bytes_in", request.body.count), ("remote", request.remote))
  }

  private func tell(_ span: String, _ trace: String, _ parent: String?, _ status: Int, _ milliseconds: Double) {
    guard Tracer.process.isOn else { return }
    let now = Tracer.now()
    Tracer.process.record(
      Span(
        trace: trace, id: span, parent: parent, name: "\(request.method) \(request.path.prefix(200))", kind: .server,
        start: now - Int64(milliseconds * 1_000_000), end: now,
        attributes: [
          ("http.request.method", .text(request.method)), ("url.path", .text(String(request.path.prefix(200)))),
          ("http.response.status_code", .whole(Int64(status))),
        ], failure: status >= 500 ? "\(status)" : nil))
  }

  private static func usable(_ id: String?) -> String? {
    guard let id, (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    return id
  }

  private static func newID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return "req-" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Visit {
  /// For how long the client lets answers be used again: OpenRouter's `X-OpenRouter-Cache: true`, by its bounds.
  var cacheSeconds: Int64? {
    guard request.header("X-OpenRouter-Cache")?.lowercased() == "true" else { return nil }
    let asked = request.header("X-OpenRouter-Cache-TTL").flatMap { Int64($0) } ?? 300
    return min(86_400, max(1, asked))
  }

  /// Whether the client asked how its request was routed.
  var wantsMetadata: Bool {
    ["X-OpenRouter-Metadata", "X-OpenRouter-Experimental-Metadata"].contains { name in
      request.header(name).map { ["enabled", "true"].contains($0.lowercased()) } ?? false
    }
  }
}
