/// What the asker gets: a pure function of the end and of the events that it rests on, whoever builds it.
package enum Results {
  package struct Result: Sendable, Equatable {
    package let code: Int
    package let body: JSON
  }

  /// Nil while there is no end.
  package static func result(_ deliberation: Deliberation) -> Result? {
    guard let end = deliberation.end else { return nil }
    if case .rejected(let rejected) = end.value {
      return Result(
        code: rejected.code,
        body: ErrorBody.json(
          code: rejected.code, type: rejected.errorType, message: rejected.message, path: rejected.path))
    }
    guard let ask = deliberation.ask else { return nil }
    let limit = end.value.totals?.digestEvents ?? .max
    let builder = ResultBuilder(
      deliberation: deliberation, ask: ask, askedAt: ask.time, endedAt: end.time, limit: limit)
    switch (end.value, ask.form) {
    case (.completed(let completed), .chat): return Result(code: 200, body: builder.chat(completed))
    case (.completed(let completed), .responses): return Result(code: 200, body: builder.response(completed))
    case (.failed(let failed), .chat):
      return Result(
        code: failed.statusCode,
        body: builder.error(
          code: failed.statusCode, type: builder.errorType(failed), message: failed.message, reason: failed.reason,
          totals: failed.totals))
    case (.failed(let failed), .responses):
      return Result(
        code: failed.statusCode,
        body: builder.failedResponse(type: builder.errorType(failed), message: failed.message, totals: failed.totals))
    case (.cancelled(let cancelled), .chat):
      return Result(
        code: 499,
        body: builder.error(
          code: 499, type: "cancelled", message: "the deliberation was cancelled by the \(cancelled.by.rawValue)",
          reason: .cancelled, totals: cancelled.totals))
    case (.cancelled(let cancelled), .responses):
      return Result(
        code: 499,
        body: builder.failedResponse(
          type: "cancelled", message: "the deliberation was cancelled by the \(cancelled.by.rawValue)",
          totals: cancelled.totals))
    case (.rejected, _): return nil
    }
  }
}
