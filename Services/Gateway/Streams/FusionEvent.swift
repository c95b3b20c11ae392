internal import Deliberation

/// A step of a deliberation as a streaming client of chat completions is told of it: the value of `fusion_event`.
enum FusionEvent {
  /// Nil for steps that tell a client nothing.
  static func json(_ step: Reply.Step) -> JSON? {
    guard let type = type(step) else { return nil }
    var event: JSONObject = ["type": .string(type)]
    for member in step.data.object?.members ?? [] where !["call", "purpose", "content"].contains(member.key) {
      event.append(member.key, member.value)
    }
    event.append("time", .string(step.time))
    return .object(event)
  }

  private static func type(_ step: Reply.Step) -> String? {
    switch step.name {
    case "decision.made": "decided"
    case "panel.dispatched": "panel_dispatched"
    case "member.replaced": "member_replaced"
    case "call.completed": "member_answered"
    case "call.failed": "member_failed"
    case "panel.assembled": "panel_sealed"
    case "analysis.completed": "analysis_done"
    case "analysis.degraded": "analysis_degraded"
    case "call.requested":
      switch step.data["purpose"]?.string {
      case "judge": "analysing"
      case "answer": "answering"
      case "decision": "deciding"
      default: nil
      }
    default: nil
    }
  }
}
