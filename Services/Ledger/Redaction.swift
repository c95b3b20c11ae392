internal import Deliberation

/// What remains of an event whose content is erased: its shape, names of models, ids, numbers and times, but no word that
/// anybody or any model wrote. Two equal texts in one event stay equal, as who stood alone is counted from that.
struct Redaction {
  /// Members whose text is no content.
  private static let kept: Set<String> = [
    "answer_call", "answered", "abandoned", "failed", "body_sha256", "by", "call", "calls", "ce_id", "ce_source",
    "completed", "code", "deadline", "digest", "discriminator", "entrance", "error_type", "execution",
    "failure_reason", "finish_reason", "finished", "first_token", "form", "gateway", "hashes", "incarnation",
    "judge_deadline", "key", "lane", "messages_sha256", "mode", "model", "model_asked", "models",
    "native_finish_reason",
    "on_failure", "outcome", "panel_deadline", "policy", "price_list", "priority", "prompt_version", "provider",
    "purpose", "ranking", "reason", "replaces", "replays", "role", "sealed", "started", "status", "stream", "tenant",
    "tool_call_id", "topic_name", "type", "allowed_providers", "asked",
  ]

  /// Members that are gone altogether: whoever wrote them chose their names as well.
  private static let dropped: Set<String> = [
    "metadata", "messages", "tools", "tool_calls", "annotations", "reasoning_details", "reasoning", "cache_control",
    "parameters",
  ]

  private var names: [String: String] = [:]

  static func redacted(_ value: [UInt8]) -> [UInt8] {
    guard let json = try? JSON.parse(value), json.object != nil else { return Array("{}".utf8) }
    var redaction = Redaction()
    return redaction.apply(json, isKept: false).bytes
  }

  private mutating func apply(_ json: JSON, isKept: Bool) -> JSON {
    switch json {
    case .string(let text): return isKept || text.isEmpty ? json : .string(name(text))
    case .array(let elements): return .array(elements.map { apply($0, isKept: isKept) })
    case .object(let object):
      var result = JSONObject()
      for member in object.members where !Self.dropped.contains(member.key) {
        switch member.key {
        case "request": result.append("request", ["model": member.value["model"] ?? ""])
        case "origin": result.append("origin", member.value)
        default: result.append(member.key, apply(member.value, isKept: Self.kept.contains(member.key)))
        }
      }
      return .object(result)
    default: return json
    }
  }

  private mutating func name(_ text: String) -> String {
    if let known = names[text] { return known }
    let name = "#\(names.count + 1)"
    names[text] = name
    return name
  }
}
