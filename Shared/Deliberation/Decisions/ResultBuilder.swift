/// The parts of the bodies that chat completions and responses share.
struct ResultBuilder {
  let deliberation: Deliberation
  let ask: Fact<Requested>
  let askedAt: Moment
  let endedAt: Moment
  /// Facts at this place and behind it are no part of the end.
  let limit: Int

  var id: String { deliberation.id }
  var result: FusionResult { FusionResult(deliberation, upTo: limit) }

  func completed(_ key: CallKey) -> CallCompleted? {
    guard let call = deliberation.calls[key], let outcome = call.outcome, outcome.place < limit else { return nil }
    return call.completed
  }

  /// The text of the turn: of the decision and of each answer call, in order. A winner's answer stands alone, word for
  /// word.
  func content(_ end: Completed) -> Passage {
    if end.answerCall.purpose == .panel { return deliberation.answer(end.answerCall) ?? .empty }
    var parts: [Passage] = []
    if let decision = completed(CallKey(.decision)), end.answerCall.purpose != .decision {
      parts.append(decision.content)
    }
    if end.answerCall.purpose == .answer, end.answerCall.attempt > 0,
      let first = completed(CallKey(.answer, round: end.answerCall.round))
    {
      parts.append(first.content)
    }
    parts.append(completed(CallKey(end.answerCall))?.content ?? .empty)
    parts.removeAll(where: \.isEmpty)
    guard parts.count > 1 else { return parts.first ?? .empty }
    var writer = PromptWriter(holding: parts)
    for part in parts { writer.part(part) }
    return writer.passage
  }

  func finishReason(_ answer: CallCompleted?) -> String {
    guard let answer else { return "stop" }
    if !answer.toolCalls.isEmpty { return "tool_calls" }
    return ["stop", "length", "content_filter", "tool_calls", "error"].contains(answer.finishReason)
      ? answer.finishReason : "stop"
  }

  func fusion(_ end: Completed?, _ extent: Extent) -> JSON? {
    result.fusion(winner: end?.winner, costs: costs, multiple: end.flatMap { multiple($0) }, extent)
  }

  /// What each call took.
  var costs: JSON {
    let calls = deliberation.calls.filter { _, call in call.outcome.map { $0.place < limit } ?? false }
    return .written(
      JSONWriter.written(capacity: calls.count * 256) { writer in
        writer.list(calls) { writer, entry in
          writer.object { writer in write(costsOf: entry.key, entry.value, into: &writer) }
        }
      })
  }

  private func write(costsOf key: CallKey, _ call: CallState, into writer: inout JSONWriter) {
    guard let outcome = call.outcome else { return }
    let usage = outcome.value.usage
    writer.member("call", key.id(in: id))
    writer.member("purpose", text: key.purpose.rawValue)
    if let member = key.member { writer.member("index", member) }
    if let model = model(key, call) { writer.member("model", text: model) }
    writer.member("cost", .double(outcome.value.cost ?? 0))
    writer.member("prompt_tokens", usage?.promptTokens ?? 0)
    writer.member("completion_tokens", usage?.completionTokens ?? 0)
  }

  /// Who was asked: the event that names a call may stand behind what the end rests on.
  private func model(_ key: CallKey, _ call: CallState) -> String? {
    if let model = call.completed?.model ?? call.failed?.model { return model }
    if let named = call.named, named < limit { return call.model?.model }
    guard key.purpose == .panel, let member = key.member, deliberation.seats.indices.contains(member),
      deliberation.seats[member].holders.indices.contains(key.attempt)
    else { return nil }
    return deliberation.seats[member].holders[key.attempt].model.model
  }

  /// How many times dearer this was than the answering model alone would have been for the same prompt and answer.
  private func multiple(_ end: Completed) -> Double? {
    guard let price = ask.answerer.price,
      let answer = completed(CallKey(end.answerCall))?.usage
    else { return nil }
    let prompts = deliberation.seats.indices.compactMap { index -> Int? in
      completed(CallKey(.panel, member: index))?.usage?.promptTokens
    }
    let prompt = prompts.min() ?? answer.promptTokens
    let single = price.cost(promptTokens: prompt, completionTokens: answer.completionTokens)
    guard single > 0 else { return nil }
    return (end.totals.cost / single * 100).rounded() / 100
  }

  // MARK: Usage

  /// What of the cost went for prompts, by the prices that the ask was taken in with.
  func costDetails(_ total: Double) -> (prompt: Double, completion: Double) {
    var prices: [String: Price] = [:]
    for ref in ask.panel + ask.standIns + ask.fallbacks + [ask.answerer] + (ask.judge.map { [$0] } ?? []) {
      prices[ref.model] = ref.price
    }
    var prompt = 0.0
    for (key, call) in deliberation.calls {
      guard let outcome = call.outcome, outcome.place < limit,
        let usage = outcome.value.usage, let cost = outcome.value.cost, cost > 0
      else { continue }
      let price = model(key, call).flatMap { prices[$0] }
      let input = Double(usage.promptTokens) * (price?.input ?? 1)
      let output = Double(usage.completionTokens) * (price?.output ?? 1)
      prompt += input + output > 0 ? cost * input / (input + output) : 0
    }
    prompt = min(prompt, total)
    return (prompt, total - prompt)
  }

  // MARK: Errors

  func errorType(_ failed: Failed) -> String {
    switch failed.statusCode {
    case 400: failedCall == .contentFilter ? "content_policy_violation" : "invalid_request"
    case 402: "payment_required"
    case 429: "rate_limit_exceeded"
    case 503: "provider_overloaded"
    case 504: "timeout"
    case 500: "server"
    default: "provider_unavailable"
    }
  }

  private var failedCall: FailureReason? {
    for key in deliberation.calls.keys.reversed() where key.purpose == .answer || key.purpose == .decision {
      guard let call = deliberation.calls[key], let outcome = call.outcome, outcome.place < limit else { continue }
      return call.failed?.reason
    }
    return nil
  }

  func error(code: Int, type: String, message: String, reason: EndReason, totals: Totals) -> JSON {
    fitted { extent in
      var metadata: JSONObject = ["failure_reason": .string(reason.rawValue)]
      // no draft is lost
      metadata.append("fusion", ifPresent: fusion(nil, extent))
      metadata.append("usage", usage(totals))
      return ErrorBody.json(code: code, type: type, message: message, metadata: metadata)
    }
  }

  func usage(_ totals: Totals) -> JSON {
    let usage = totals.usage
    let details = costDetails(totals.cost)
    return [
      "prompt_tokens": .int(Int64(usage.promptTokens)), "completion_tokens": .int(Int64(usage.completionTokens)),
      "total_tokens": .int(Int64(usage.totalTokens)),
      "prompt_tokens_details": ["cached_tokens": .int(Int64(usage.cachedTokens))],
      "completion_tokens_details": ["reasoning_tokens": .int(Int64(usage.reasoningTokens))],
      "cost": .double(totals.cost),
      "cost_details": [
        "upstream_inference_cost": .double(totals.cost),
        "upstream_inference_prompt_cost": .double(details.prompt),
        "upstream_inference_completions_cost": .double(details.completion),
      ],
      "is_byok": false,
    ]
  }
}
