internal import Deliberation
internal import Store

extension Archive {
  /// Costs per day, tenant, key and model, who disagrees with whom, and what outer models chose.
  func totals(tenant: String?, since: String?, until: String?) throws(StoreError) -> JSON {
    var conditions: [String] = []
    var values: [Value] = []
    for (condition, value) in [("tenant = ?", tenant), ("day >= ?", since), ("day < ?", until)] {
      guard let value else { continue }
      conditions.append(condition)
      values.append(.text(value))
    }
    let found = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let days = try statements(
      """
      SELECT day, tenant, key, model, calls, failed, prompt_tokens, completion_tokens, cost, cost_repeated FROM days
      \(found) ORDER BY day DESC, tenant, key, model LIMIT 10000
      """
    ).rows(values) { row -> JSON in
      [
        "day": .string(row.text(0)), "tenant": .string(row.text(1)),
        "key": row.text(2).isEmpty ? .null : .string(row.text(2)), "model": .string(row.text(3)),
        "calls": .int(row.int(4)), "failed": .int(row.int(5)), "prompt_tokens": .int(row.int(6)),
        "completion_tokens": .int(row.int(7)), "cost": .double(Money.dollars(row.int(8))),
        "cost_repeated": .double(Money.dollars(row.int(9))),
      ]
    }
    var object: JSONObject = ["days": .array(days)]
    // What models are like concerns everyone; what one tenant asked does not.
    guard tenant == nil else { return .object(object) }
    let standings = try statements(
      "SELECT model, compared, contradicted, alone, insights FROM standings ORDER BY model"
    ).rows { row -> JSON in
      [
        "model": .string(row.text(0)), "compared": .int(row.int(1)), "contradicted": .int(row.int(2)),
        "alone": .int(row.int(3)), "insights": .int(row.int(4)),
      ]
    }
    let pairs = try statements("SELECT one, other, compared, apart FROM pairs ORDER BY one, other").rows {
      row -> JSON in
      [
        "models": [.string(row.text(0)), .string(row.text(1))], "compared": .int(row.int(2)),
        "apart": .int(row.int(3)),
      ]
    }
    let choices = try statements("SELECT model, outcome, count FROM choices ORDER BY model, outcome").rows {
      row -> JSON in
      ["model": .string(row.text(0)), "outcome": .string(row.text(1)), "count": .int(row.int(2))]
    }
    object.append("models", .array(standings))
    object.append("pairs", .array(pairs))
    object.append("choices", .array(choices))
    return .object(object)
  }

  /// What only the events say: whether it was streamed, and why the answer ended.
  private func told(
    _ id: String, _ answer: String?
  ) throws(StoreError) -> (streamed: Bool, finish: JSON?, nativeFinish: JSON?) {
    var streamed = false
    var outcome: JSON?
    for row in try rows(of: id) where row.standing == .fact {
      switch Event.Name(type: row.type) {
      case .requested?:
        let stream = row.value.flatMap { try? JSON.parse($0) }?["stream"]?.string
        streamed = streamed || (stream ?? "none") != "none"
      case .callCompleted? where answer.map { row.id == "\(id)/call.completed/\($0)" } ?? false:
        outcome = row.value.flatMap { try? JSON.parse($0) }
      default: break
      }
    }
    return (streamed, outcome?["finish_reason"], outcome?["native_finish_reason"])
  }

  /// What OpenRouter's clients ask about an answer by its id.
  func generation(_ id: String) throws(StoreError) -> JSON? {
    guard let summary = try summary(id) else { return nil }
    let calls = try calls(id)
    let answer = calls.first { $0["call"]?.string == summary["answer_call"]?.string }
    func sum(_ key: String) -> JSON { .int(calls.reduce(0) { $0 + ($1[key]?.int ?? 0) }) }
    func span(_ from: String, _ to: String) -> JSON? {
      guard let start = answer?[from]?.string.flatMap({ Moment(rfc3339: $0) }),
        let end = answer?[to]?.string.flatMap({ Moment(rfc3339: $0) })
      else { return nil }
      return .int(max(0, end - start))
    }
    var data: JSONObject = [
      "id": .string(id), "router": summary["sealed"] == nil ? JSON.null : "openrouter/fusion",
      "created_at": summary["asked"] ?? "",
      "model": summary["answer_model"] ?? summary["model"] ?? "",
    ]
    data.append("provider_name", answer?["provider"] ?? .null)
    data.append("total_cost", summary["cost"] ?? 0.0)
    data.append("usage", summary["cost"] ?? 0.0)
    data.append("cost_repeated", ifPresent: summary["cost_repeated"])
    data.append("cost_final", ifPresent: summary["cost_final"])
    data.append("tokens_prompt", summary["usage"]?["prompt_tokens"] ?? sum("prompt_tokens"))
    data.append("tokens_completion", summary["usage"]?["completion_tokens"] ?? sum("completion_tokens"))
    data.append("native_tokens_prompt", sum("prompt_tokens"))
    data.append("native_tokens_completion", sum("completion_tokens"))
    data.append("latency", span("started", "first_token") ?? span("started", "finished") ?? .null)
    data.append("generation_time", summary["duration_ms"] ?? .null)
    data.append("cancelled", .bool(summary["status"]?.string == "cancelled"))
    let told = try told(id, summary["answer_call"]?.string)
    data.append("streamed", .bool(told.streamed))
    data.append("finish_reason", told.finish ?? .null)
    data.append("native_finish_reason", told.nativeFinish ?? told.finish ?? .null)
    data.append("is_byok", false)
    data.append("api_type", summary["form"]?.string == "responses" ? "responses" : "completions")
    data.append("status", summary["status"] ?? "open")
    data.append("tenant", summary["tenant"] ?? "")
    data.append(
      "provider_responses",
      .array(
        calls.map { call in
          var object = JSONObject()
          for key in ["call", "purpose", "model", "provider", "state", "cost"] {
            object.append(key, ifPresent: call[key])
          }
          return .object(object)
        }))
    return ["data": .object(data)]
  }
}
