extension ResultBuilder {
  /// A `chat.completion`.
  func chat(_ end: Completed) -> JSON { fitted { chat(end, $0) } }

  private func chat(_ end: Completed, _ extent: Extent) -> JSON {
    let answer = completed(CallKey(end.answerCall))
    var message: JSONObject = ["role": "assistant"]
    message.append("content", .passage(content(end)))
    message.append("refusal", .null)
    if extent.hasReasoning { message.append("reasoning", ifPresent: answer?.reasoning.map { .string($0) }) }
    if let calls = answer?.toolCalls, !calls.isEmpty { message.append("tool_calls", .array(calls)) }
    if extent.hasReasoning, let annotations = answer?.annotations, !annotations.isEmpty {
      message.append("annotations", .array(annotations))
    }
    if extent.hasDetails {
      let details = reasoningDetails(answer)
      if !details.isEmpty { message.append("reasoning_details", .array(details)) }
    }
    return assemble(end, message, fusion(end, extent), answer)
  }

  private func assemble(_ end: Completed, _ message: JSONObject, _ fusion: JSON?, _ answer: CallCompleted?) -> JSON {
    let finish = finishReason(answer)
    var body = JSONObject()
    body.append("id", .string(id))
    body.append("object", "chat.completion")
    body.append("created", .int(askedAt.milliseconds / 1000))
    body.append("model", .string(end.model))
    body.append("provider", ifPresent: answer?.provider.map { .string($0) })
    body.append("system_fingerprint", .null)
    body.append(
      "choices",
      [
        [
          "index": 0, "message": .object(message), "finish_reason": .string(finish),
          "native_finish_reason": .string(answer?.nativeFinishReason ?? answer?.finishReason ?? finish),
          "logprobs": .null,
        ]
      ])
    body.append("usage", usage(end.totals))
    body.append("fusion", ifPresent: fusion)
    return .object(body)
  }

  /// What the provider wants back in a later turn, and in tool form the record of the panel as a server tool's call.
  private func reasoningDetails(_ answer: CallCompleted?) -> [JSON] {
    var details = answer?.reasoningDetails ?? []
    guard deliberation.isToolShaped, result.isThere else { return details }
    let call = completed(CallKey(.decision))?.toolCalls.first { $0["id"]?.string == deliberation.toolCallID }
    details.append([
      "type": "reasoning.server_tool_call", "tool_name": .string(ChatRequest.fusionType),
      "tool_call_id": .string(deliberation.toolCallID),
      "arguments": .string(call?["function"]?["arguments"]?.string ?? "{}"),
      "result": .string(result.toolResult(cutTo: .max).text), "index": .int(Int64(details.count)),
    ])
    return details
  }
}
