package import Deliberation

/// Tells failures apart: by status, by the codes in an error body, and, where a provider says it only in prose, by that.
package enum Classification {
  /// An answer that is no answer. `body` is what was received of it.
  package static func failure(
    status: Int, headers: [(String, String)], body: [UInt8], scrubber: Scrubber, now: Moment
  ) -> ProviderFailure {
    let json = try? JSON.parse(body)
    let said = json.flatMap(errorObject) ?? .string(String(decoding: body.prefix(2000), as: UTF8.self))
    var failure = classify(status: status, error: said, scrubber: scrubber)
    if let wait = RetryAfter.milliseconds(headers, now: now), failure.remedy == .later || failure.remedy == .laterHere {
      failure.retryAfter = wait
    }
    return failure
  }

  /// An error body that came with status 200, or in the middle of a stream.
  package static func failure(error: JSON, scrubber: Scrubber) -> ProviderFailure {
    let code = error["code"]?.int ?? error["status"]?.int
    let status = code.flatMap { (400...599).contains($0) ? Int($0) : nil } ?? named(error) ?? 502
    return classify(status: status, error: error, scrubber: scrubber)
  }

  /// The error in a body, whatever the provider's habit.
  static func errorObject(_ json: JSON) -> JSON? {
    if let error = json["error"], !error.isNull {
      return error.object != nil || error.string != nil ? error : nil
    }
    if let error = json[0]?["error"] { return error }
    if json["type"]?.string == "error" || json["object"]?.string == "error" { return json }
    return json["detail"]?.string.map(JSON.string)
  }

  /// The status that stands behind an error's type, where no number is given.
  private static func named(_ error: JSON) -> Int? {
    for name in [error["type"]?.string, error["code"]?.string, error["metadata"]?["error_type"]?.string] {
      switch name {
      case "invalid_request_error", "invalid_prompt", "invalid_request": return 400
      case "authentication_error", "authentication": return 401
      case "billing_error", "insufficient_quota", "payment_required": return 402
      case "permission_error", "permission_denied": return 403
      case "not_found_error", "not_found", "model_not_found": return 404
      case "request_too_large", "payload_too_large": return 413
      case "rate_limit_error", "rate_limit_exceeded", "rate_limit": return 429
      case "overloaded_error", "overloaded": return 529
      case "timeout_error", "timeout": return 504
      default: continue
      }
    }
    return nil
  }

  private static func classify(status: Int, error: JSON, scrubber: Scrubber) -> ProviderFailure {
    let message = error["message"]?.string ?? error.string ?? "the provider answered \(status) and gave no reason"
    let codes = [
      error["code"]?.string, error["type"]?.string, error["metadata"]?["error_type"]?.string,
      error["innererror"]?["code"]?.string,
    ].compactMap { $0?.lowercased() }
    func make(_ reason: FailureReason, _ remedy: ProviderFailure.Remedy) -> ProviderFailure {
      ProviderFailure(reason, status: status, message: scrubber.clean(message), remedy: remedy)
    }
    let prose = message.lowercased()
    if (400...499).contains(status), status != 401, status != 404, isFiltered(status, codes, prose, error) {
      return make(.contentFilter, .none)
    }
    if status == 402 || ((400...499).contains(status) && isMoney(codes, prose)) {
      return make(.insufficientCredits, .elsewhere)
    }
    switch status {
    case 400, 413, 422: return make(.invalidRequest, .none)
    case 401, 403, 404: return make(.upstreamError, .elsewhere)
    case 408: return make(.timeout, .later)
    case 409, 425: return make(.upstreamError, .laterHere)
    case 429: return make(.rateLimited, .later)
    case 500...599: return make(.upstreamError, .later)
    case 300...399: return make(.upstreamError, .elsewhere)
    default: return make(.upstreamError, .none)
    }
  }

  private static func isMoney(_ codes: [String], _ prose: String) -> Bool {
    let names: Set = [
      "insufficient_quota", "billing_error", "payment_required", "insufficient_credits", "billing_hard_limit_reached",
    ]
    if codes.contains(where: names.contains) { return true }
    return [
      "credit balance is too low", "insufficient credit", "insufficient balance", "exceeded your current quota",
      "billing hard limit",
    ].contains { prose.contains($0) }
  }

  private static func isFiltered(_ status: Int, _ codes: [String], _ prose: String, _ error: JSON) -> Bool {
    let names: Set = [
      "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "refusal", "moderation_blocked",
      "image_content_policy_violation",
    ]
    if codes.contains(where: names.contains) { return true }
    // OpenRouter's moderation names what it flagged
    if status == 403, error["metadata"]?["flagged_input"] != nil || error["metadata"]?["reasons"]?.array != nil {
      return true
    }
    return (status == 400 || status == 403)
      && [
        "content management policy", "content filtering policy", "content policy", "flagged by moderation",
        "safety system",
      ].contains { prose.contains($0) }
  }
}
