extension Requested {
  init(_ fields: Fields) throws(EventError) {
    guard fields.has("answerer"), fields.has("origin") else { throw EventError("answerer or origin is missing") }
    self.init(
      answerer: try fields.required("answerer", try fields.object("answerer", ModelRef.init)),
      deadline: try fields.time("deadline"), panelDeadline: try fields.time("panel_deadline"),
      judgeDeadline: try fields.time("judge_deadline"),
      origin: try fields.required("origin", try fields.object("origin", Origin.init)))
    tenant = try fields.string("tenant")
    key = try fields.text("key")
    form = try fields.choice("form") ?? form
    stream = try fields.choice("stream") ?? stream
    priority = try fields.choice("priority") ?? priority
    metadata = fields["metadata"]
    request = try fields.required("request", fields["request"])
    entrance = try fields.choice("entrance") ?? entrance
    policy = try fields.required("policy", try fields.choice("policy"))
    mode = try fields.choice("mode") ?? mode
    panel = try fields.each("panel", ModelRef.init)
    guard panel.count <= Limits.members else { throw EventError("panel has more than \(Limits.members) members") }
    judge = try fields.object("judge", ModelRef.init)
    fallbacks = try fields.each("fallbacks", ModelRef.init)
    standIns = try fields.each("stand_ins", ModelRef.init)
    rounds = try fields.whole("rounds") ?? rounds
    quorum = try fields.whole("quorum") ?? panel.count
    graceMilliseconds = Int64(try fields.whole("grace_ms") ?? 0)
    memberTimeoutMilliseconds = try fields.whole("member_timeout_ms").map(Int64.init)
    guard (0...Limits.rounds).contains(rounds), (0...Limits.longest).contains(graceMilliseconds),
      (0...Limits.longest).contains(memberTimeoutMilliseconds ?? 0)
    else { throw EventError("rounds, grace_ms or member_timeout_ms is out of range") }
    maxCost = try fields.number("max_cost")
    toolStopCost = try fields.number("tool_stop_cost")
    maxToolCalls = try fields.whole("max_tool_calls") ?? maxToolCalls
    maxCompletionTokens = try fields.whole("max_completion_tokens") ?? maxCompletionTokens
    temperature = try fields.number("temperature")
    reasoning = fields["reasoning"]
    tools = try fields.list("tools")
    cacheControl = fields["cache_control"]
    onFailure = try fields.choice("on_failure") ?? onFailure
    allowedProviders = fields.has("allowed_providers") ? try fields.texts("allowed_providers") : nil
    providerOrder = fields.has("provider_order") ? try fields.texts("provider_order") : nil
    cacheSeconds = try fields.object("cache") { cache throws(EventError) in try cache.whole("ttl_seconds") } ?? nil
    depth = try fields.whole("depth") ?? 0
    answerBytes = try fields.whole("answer_bytes") ?? answerBytes
    if fields.has("recorded_panel") {
      let answers = try fields.each("recorded_panel") { answer throws(EventError) in
        RecordedAnswer(
          model: try answer.string("model"), content: try answer.required("content", try answer.passage("content")),
          call: try answer.text("call"))
      }
      guard (1...Limits.members).contains(answers.count) else { throw EventError("recorded_panel has no usable size") }
      recordedPanel = answers
    }
    replays = try fields.text("replays")
    bodyHash = try fields.text("body_sha256") ?? ""
    reply = try fields.each("reply", ReplyAddress.init)
    priceList = try fields.text("price_list") ?? ""
  }

  package var json: JSON {
    var object = JSONObject()
    object.append("tenant", .string(tenant))
    object.append("key", ifPresent: key.map { .string($0) })
    object.append("form", .string(form.rawValue))
    object.append("stream", .string(stream.rawValue))
    object.append("priority", .string(priority.rawValue))
    object.append("metadata", ifPresent: metadata)
    object.append("request", request)
    object.append("entrance", .string(entrance.rawValue))
    object.append("policy", .string(policy.rawValue))
    object.append("mode", .string(mode.rawValue))
    object.append(
      "panel",
      .array(
        panel.enumerated().map { index, member in
          var entry: JSONObject = ["index": .int(Int64(index))]
          member.write(into: &entry, price: true)
          return .object(entry)
        }))
    object.append("judge", ifPresent: judge?.json)
    object.append("answerer", answerer.json)
    object.append("fallbacks", .array(fallbacks.map(\.json)))
    object.append("stand_ins", .array(standIns.map(\.json)))
    object.append("rounds", .int(Int64(rounds)))
    object.append("quorum", .int(Int64(quorum)))
    object.append("grace_ms", .int(graceMilliseconds))
    object.append("deadline", .string(deadline.rfc3339))
    object.append("panel_deadline", .string(panelDeadline.rfc3339))
    object.append("judge_deadline", .string(judgeDeadline.rfc3339))
    object.append("member_timeout_ms", ifPresent: memberTimeoutMilliseconds.map { .int($0) })
    object.append("max_cost", ifPresent: maxCost.map { .double($0) })
    object.append("tool_stop_cost", ifPresent: toolStopCost.map { .double($0) })
    object.append("max_tool_calls", .int(Int64(maxToolCalls)))
    object.append("max_completion_tokens", .int(Int64(maxCompletionTokens)))
    object.append("temperature", ifPresent: temperature.map { .double($0) })
    object.append("reasoning", ifPresent: reasoning)
    object.append("tools", .array(tools))
    object.append("cache_control", ifPresent: cacheControl)
    object.append("on_failure", .string(onFailure.rawValue))
    object.append("allowed_providers", ifPresent: allowedProviders.map { .array($0.map { .string($0) }) })
    object.append("provider_order", ifPresent: providerOrder.map { .array($0.map { .string($0) }) })
    object.append("cache", ifPresent: cacheSeconds.map { ["ttl_seconds": .int(Int64($0))] })
    object.append("depth", .int(Int64(depth)))
    object.append("answer_bytes", .int(Int64(answerBytes)))
    object.append(
      "recorded_panel",
      ifPresent: recordedPanel.map { answers in
        .array(
          answers.map { answer in
            var entry: JSONObject = ["model": .string(answer.model), "content": .passage(answer.content)]
            entry.append("call", ifPresent: answer.call.map { .string($0) })
            return .object(entry)
          })
      })
    object.append("replays", ifPresent: replays.map { .string($0) })
    object.append("body_sha256", .string(bodyHash))
    object.append("reply", .array(reply.map(\.json)))
    object.append("origin", origin.json)
    object.append("price_list", .string(priceList))
    return .object(object)
  }
}
