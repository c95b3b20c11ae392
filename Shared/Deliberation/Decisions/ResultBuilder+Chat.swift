extension ResultBuilder {
  /// A `chat.completion`.
  func chat(_ end: Completed) -> JSON {
    let answer = completed(CallKey(end.answerCall))
    var message: JSONObject = ["role": "assistant"]
    message.append("content", .string(content(end)))
    message.append("refusal", .null)
    message.append("reasoning", ifPresent: answer?.reasoning.map { .string($0) })
    if let calls = answer?.toolCalls, !calls.isEmpty { message.append("tool_calls", .array(calls)) }
    if let annotations = answer?.annotations, !annotations.isEmpty {
      message.append("annotations", .array(annotations))
    }
    let fusion = fusion(end)
    var body = assemble(end, message, fusion, answer)
    // what follows is a copy for comfort: left out where it does not fit
    let details = reasoningDetails(answer)
    guard !details.isEmpty else { return body }
    message.append("reasoning_details", .array(details))
    let whole = assemble(end, message, fusion, answer)
    if whole.bytes.count <= ask.answerBytes * (ask.panel.count + 2) { body = whole }
    return body
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
