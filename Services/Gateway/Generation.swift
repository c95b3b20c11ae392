internal import Deliberation

/// What one answer took, as `GET /v1/generation` says it.
enum Generation {
  /// What the ledger says, with what OpenRouter's description wants beside it.
  static func completed(_ told: JSON) -> JSON {
    var data = JSONObject()
    for name in nullable { data[name] = .null }
    data["origin"] = ""
    data["data_region"] = "global"
    data["request_id"] = told["id"]
    for member in told.object?.members ?? [] where !["tenant", "status", "provider_responses"].contains(member.key) {
      data[member.key] = member.value
    }
    // theirs has another shape, so ours has another name
    data["calls"] = told["provider_responses"]
    return ["data": .object(data)]
  }

  private static let nullable = [
    "app_id", "cache_discount", "external_user", "finish_reason", "http_referer", "moderation_latency",
    "native_finish_reason", "native_tokens_cached", "native_tokens_completion_images", "native_tokens_reasoning",
    "num_fetches", "num_input_audio_prompt", "num_media_completion", "num_media_prompt", "num_search_results",
    "preset_id", "provider_responses", "service_tier", "session_id", "upstream_id", "upstream_inference_cost",
    "user_agent", "web_search_engine", "workspace_id", "response_cache_source_id",
  ]

  /// Nil while there is no answer.
  static func json(_ id: String, _ entry: Recollection.Entry) -> JSON? {
    guard let (code, body) = entry.result, let ended = entry.ended else { return nil }
    let usage = body["usage"] ?? body["error"]?["metadata"]?["usage"] ?? [:]
    let fusion = body["fusion"] ?? body["error"]?["metadata"]?["fusion"]
    let prompt = usage["prompt_tokens"] ?? usage["input_tokens"] ?? 0
    let completion = usage["completion_tokens"] ?? usage["output_tokens"] ?? 0
    let details = usage["completion_tokens_details"] ?? usage["output_tokens_details"]
    let cached = (usage["prompt_tokens_details"] ?? usage["input_tokens_details"])?["cached_tokens"] ?? 0
    let choice = body["choices"]?[0]
    let cost = usage["cost"]?.number ?? 0
    var data: JSONObject = [
      "id": .string(id), "model": body["model"] ?? "", "created_at": .string(Moment(milliseconds: entry.asked).rfc3339),
      "provider_name": body["provider"] ?? .null, "total_cost": .double(cost), "usage": .double(cost),
      "upstream_inference_cost": .null, "cache_discount": .null, "is_byok": false, "streamed": .bool(entry.isStreamed),
      "cancelled": .bool(code == 499), "latency": .int(ended - entry.asked),
      "generation_time": .int(ended - entry.asked),
      "moderation_latency": .null, "finish_reason": choice?["finish_reason"] ?? .null,
      "native_finish_reason": choice?["native_finish_reason"] ?? .null, "tokens_prompt": prompt,
      "tokens_completion": completion, "native_tokens_prompt": prompt, "native_tokens_completion": completion,
      "native_tokens_reasoning": details?["reasoning_tokens"] ?? 0, "native_tokens_cached": cached,
      "native_tokens_completion_images": .null, "num_media_prompt": .null, "num_media_completion": .null,
      "num_input_audio_prompt": .null, "num_search_results": .null, "num_fetches": .null, "web_search_engine": .null,
      "origin": "", "app_id": .null, "upstream_id": .null, "external_user": .null, "http_referer": .null,
      "user_agent": .null, "session_id": .null, "request_id": .string(id), "service_tier": .null, "preset_id": .null,
      "workspace_id": .null, "api_type": .string(entry.form == .responses ? "responses" : "completions"),
      "data_region": "global",
      "provider_responses": .null, "response_cache_source_id": .null,
    ]
    data["router"] = fusion == nil ? .null : "openrouter/fusion"
    data["costs"] = fusion?["costs"]
    return ["data": .object(data)]
  }
}
