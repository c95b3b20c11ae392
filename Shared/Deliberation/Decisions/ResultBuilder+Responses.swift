extension ResultBuilder {
  /// A `response` with the fusion beside its message.
  func response(_ end: Completed) -> JSON { fitted { response(end, $0) } }

  private func response(_ end: Completed, _ extent: Extent) -> JSON {
    let answer = completed(CallKey(end.answerCall))
    var output: [JSON] = []
    if let item = fusionItem(extent) { output.append(item) }
    if extent.hasReasoning, let reasoning = answer?.reasoning, !reasoning.isEmpty {
      output.append([
        "id": .string("rs_\(id)"), "type": "reasoning", "status": "completed", "summary": [],
        "content": [["type": "reasoning_text", "text": .string(reasoning)]],
      ])
    }
    let text = content(end)
    let calls = answer?.toolCalls ?? []
    if !text.isEmpty || calls.isEmpty {
      output.append([
        "id": .string("msg_\(id)"), "type": "message", "role": "assistant", "status": "completed",
        "content": [
          [
            "type": "output_text", "text": .passage(text),
            "annotations": .array(extent.hasReasoning ? answer?.annotations ?? [] : []),
            "logprobs": [],
          ]
        ],
      ])
    }
    for call in calls {
      output.append([
        "id": .string("fc_\(call["id"]?.string ?? id)"), "type": "function_call", "status": "completed",
        "call_id": call["id"] ?? "", "name": call["function"]?["name"] ?? "",
        "arguments": call["function"]?["arguments"] ?? "{}",
      ])
    }
    let isCut = finishReason(answer) == "length"
    var body = frame(status: isCut ? "incomplete" : "completed", model: end.model, output: output, extent)
    body["incomplete_details"] = isCut ? ["reason": "max_output_tokens"] : .null
    body["error"] = .null
    body["usage"] = responseUsage(end.totals)
    body.append("fusion", ifPresent: beside(fusion(end, extent), extent))
    return .object(body)
  }

  func failedResponse(type: String, message: String, totals: Totals) -> JSON {
    fitted { failedResponse(type: type, message: message, totals: totals, $0) }
  }

  private func failedResponse(type: String, message: String, totals: Totals, _ extent: Extent) -> JSON {
    var body = frame(
      status: "failed", model: ask.answerer.model, output: fusionItem(extent).map { [$0] } ?? [], extent)
    body["incomplete_details"] = .null
    let code =
      switch type {
      case "rate_limit_exceeded": "rate_limit_exceeded"
      case "invalid_request", "content_policy_violation": "invalid_prompt"
      default: "server_error"
      }
    body["error"] = ["code": .string(code), "message": .string(message)]
    body["error_type"] = .string(type)
    body["usage"] = responseUsage(totals)
    body.append("fusion", ifPresent: beside(fusion(nil, extent), extent))
    return .object(body)
  }

  /// The fusion beside its item, which has what is long of it.
  private func beside(_ fusion: JSON?, _ extent: Extent) -> JSON? {
    guard !extent.hasCopies, var object = fusion?.object else { return fusion }
    object["analysis"] = nil
    object["responses"] = nil
    return .object(object)
  }

  private func frame(status: String, model: String, output: [JSON], _ extent: Extent) -> JSONObject {
    var body = JSONObject()
    body.append("id", .string(id))
    body.append("object", "response")
    body.append("created_at", .int(askedAt.milliseconds / 1000))
    body.append("completed_at", status == "failed" ? .null : .int(endedAt.milliseconds / 1000))
    body.append("status", .string(status))
    body.append("model", .string(model))
    body.append("output", .array(output))
    let system = ask.messages.first { $0["role"] == "system" }?["content"] ?? .null
    body.append("instructions", extent.hasEvidence ? system : .null)
    body.append("metadata", extent.hasEvidence ? ask.metadata ?? .null : .null)
    let parameters = ask.parameters
    body.append("temperature", parameters["temperature"] ?? .null)
    body.append("top_p", parameters["top_p"] ?? .null)
    body.append("max_output_tokens", parameters["max_completion_tokens"] ?? .null)
    body.append("parallel_tool_calls", parameters["parallel_tool_calls"] ?? true)
    body.append("presence_penalty", parameters["presence_penalty"] ?? .null)
    body.append("frequency_penalty", parameters["frequency_penalty"] ?? .null)
    // a choice that names fusion has no place in the echo's type
    body.append(
      "tool_choice", ask.toolChoice?.string.map { .string($0) } ?? (ask.toolChoice == nil ? "auto" : "required"))
    body.append("tools", .array(extent.hasEvidence ? ask.clientTools.map(flat) : []))
    return body
  }

  private func flat(_ tool: JSON) -> JSON {
    guard let function = tool["function"] else { return tool }
    return [
      "type": "function", "name": function["name"] ?? "", "description": function["description"] ?? .null,
      "parameters": function["parameters"] ?? .null, "strict": function["strict"] ?? .null,
    ]
  }

  /// Nothing in it is null.
  private func fusionItem(_ extent: Extent) -> JSON? {
    guard result.isThere, let fusion = fusion(nil, extent) else { return nil }
    var item: JSONObject = ["id": .string("st_\(id)"), "type": .string(ChatRequest.fusionType)]
    item.append("status", .string(result.isOK ? "completed" : "incomplete"))
    for name in ["analysis", "responses", "failed_models", "sources", "error", "failure_reason"] {
      item.append(name, ifPresent: fusion[name])
    }
    return .object(item)
  }

  private func responseUsage(_ totals: Totals) -> JSON {
    let usage = totals.usage
    let details = costDetails(totals.cost)
    return [
      "input_tokens": .int(Int64(usage.promptTokens)),
      "input_tokens_details": ["cached_tokens": .int(Int64(usage.cachedTokens))],
      "output_tokens": .int(Int64(usage.completionTokens)),
      "output_tokens_details": ["reasoning_tokens": .int(Int64(usage.reasoningTokens))],
      "total_tokens": .int(Int64(usage.totalTokens)), "cost": .double(totals.cost),
      "cost_details": [
        "upstream_inference_cost": .double(totals.cost), "upstream_inference_input_cost": .double(details.prompt),
        "upstream_inference_output_cost": .double(details.completion),
      ],
      "is_byok": false,
    ]
  }
}
