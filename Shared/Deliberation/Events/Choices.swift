/// The shape of the answer that the asker gets.
package enum Form: String, Sendable { case chat, responses }

/// What of a deliberation is shown while it is being made.
package enum StreamKind: String, Sendable { case none, answer, panel }

package enum Priority: String, Sendable { case interactive, bulk }

/// Whether the panel sits: always, when the outer model calls for it, or never.
package enum Policy: String, Sendable { case always, auto, never }

package enum Mode: String, Sendable {
  case merge
  case bestOf = "best-of"
  case debate
}

/// How fusion was asked for: by the alias, as a tool (or plugin) on a model of the client's own, or not at all.
package enum Entrance: String, Sendable { case alias, tool, plain }

/// What happens when no member of the panel answered.
package enum OnFailure: String, Sendable { case answer, fail }

package enum SealKind: String, Sendable { case complete, quorum, deadline }

package enum CancelledBy: String, Sendable { case client, `operator`, pipeline }

package enum DecisionOutcome: String, Sendable {
  case fused, answered
  case clientTool = "client_tool"
}

/// Why a call gave no answer.
package enum FailureReason: String, Sendable, CaseIterable {
  case timeout
  case rateLimited = "rate_limited"
  case insufficientCredits = "insufficient_credits"
  case upstreamError = "upstream_error"
  case contentFilter = "content_filter"
  case cancelled, expired
  case overBudget = "over_budget"
  case tooLarge = "too_large"
  case invalidRequest = "invalid_request"
}

package enum DegradeReason: String, Sendable {
  case notValidJSON = "judge_not_valid_json"
  case schemaMismatch = "judge_schema_mismatch"
  case upstreamError = "judge_upstream_error"
  case emptyCompletion = "judge_empty_completion"
  case deadline = "judge_deadline"
}

/// How a deliberation, or its fusion, went wrong.
package enum EndReason: String, Sendable {
  case insufficientCredits = "insufficient_credits"
  case rateLimited = "rate_limited"
  case allPanelsFailed = "all_panels_failed"
  case answerFailed = "answer_failed"
  case capped = "fusion_invocation_capped"
  case deadline
  case overBudget = "over_budget"
  case cancelled
  /// What a reason reads as that this version does not know.
  case unexpectedError = "unexpected_error"
}
