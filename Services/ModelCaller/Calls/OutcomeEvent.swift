package import Deliberation
internal import Models

/// A call's outcome as it stands on the log: `call.completed` or `call.failed`, written so that it fits.
package struct OutcomeEvent: Sendable, Equatable {
  /// The `ce_id`: the first record with it is the call's outcome.
  package let id: String
  package let type: String
  package let call: CallID
  package let value: [UInt8]
  /// Why it failed; nil: it completed.
  package let reason: FailureReason?

  package static let completedType = "conclave.call.completed.v1"
  package static let failedType = "conclave.call.failed.v1"

  /// An answer that takes more than `answerBytes` becomes a failed call; comforts that make the whole too long for
  /// `recordBytes` are left out.
  package init(_ command: Command, _ outcome: Outcome, answerBytes: Int, recordBytes: Int) {
    call = command.call
    var outcome = outcome
    if outcome.verdict == .completed {
      let size = Self.size(outcome.answer)
      if size > answerBytes {
        outcome.verdict = .failed(
          ProviderFailure(
            .tooLarge, message: "the answer takes \(size) bytes, more than its share of \(answerBytes)",
            remedy: .none))
        outcome.answer = ProviderAnswer()
      }
    } else if Self.size(outcome.answer) > answerBytes {
      outcome.answer = ProviderAnswer()
    }
    var value = Self.value(command, outcome, comforts: true)
    if value.count > recordBytes - Self.headroom { value = Self.value(command, outcome, comforts: false) }
    switch outcome.verdict {
    case .completed:
      reason = nil
      type = Self.completedType
      id = IDs.event(command.call.deliberation, "call.completed", command.call.local)
    case .failed(let failure):
      reason = failure.reason
      type = Self.failedType
      id = IDs.event(command.call.deliberation, "call.failed", command.call.local)
    }
    self.value = value
  }

  /// The answer of another call, told as this one's: it cost nothing and used nothing. `value` is what that call's event
  /// held; nil where it cannot be this one's.
  init?(cached value: [UInt8], for call: Call, answerBytes: Int, now: Moment) {
    guard case .object(let source)? = try? JSON.parse(value) else { return nil }
    let command = call.command
    guard Self.size(source) <= answerBytes, source["finish_reason"] != nil else { return nil }
    var object = JSONObject()
    command.call.writeHead(into: &object)
    object.append("model_asked", .string(command.modelAsked))
    let own: Set = [
      "call", "purpose", "round", "member", "attempt", "model_asked", "usage", "cost", "cached", "replayed", "tries",
      "started", "first_token", "finished",
    ]
    for member in source.members where !own.contains(member.key) { object.append(member.key, member.value) }
    object.append("usage", Usage(promptTokens: 0, completionTokens: 0).json)
    object.append("cost", 0)
    object.append("cached", true)
    object.append("replayed", false)
    object.append("tries", [])
    object.append("started", .string(call.started.rfc3339))
    object.append("finished", .string(now.rfc3339))
    self.call = command.call
    type = Self.completedType
    id = IDs.event(command.call.deliberation, "call.completed", command.call.local)
    reason = nil
    self.value = JSON.object(object).bytes
  }

  private static func size(_ event: JSONObject) -> Int {
    (event["tool_calls"]?.array ?? []).reduce(JSON.escapedSize(event["content"]?.string ?? "")) {
      $0 + JSON.escapedSize($1["function"]?["arguments"]?.string ?? "")
        + JSON.escapedSize($1["function"]?["name"]?.string ?? "")
    }
  }

  private init(_ other: OutcomeEvent, value: [UInt8]) {
    id = other.id
    type = other.type
    call = other.call
    reason = other.reason
    self.value = value
  }

  /// The same event, told again to someone who asked again.
  package func replayed() -> OutcomeEvent {
    guard case .object(var object)? = try? JSON.parse(value) else { return self }
    object["replayed"] = true
    return OutcomeEvent(self, value: JSON.object(object).bytes)
  }

  package var isCompleted: Bool { type == Self.completedType }

  /// Room for key and headers.
  private static let headroom = 4_000

  private static func size(_ answer: ProviderAnswer) -> Int {
    answer.toolCalls.reduce(JSON.escapedSize(answer.content)) {
      $0 + JSON.escapedSize($1.arguments) + JSON.escapedSize($1.name)
    }
  }

  private static func value(_ command: Command, _ outcome: Outcome, comforts: Bool) -> [UInt8] {
    let answer = outcome.answer
    let usage = Usage(
      promptTokens: outcome.usage.prompt, completionTokens: outcome.usage.completion,
      cachedTokens: outcome.usage.cached, reasoningTokens: outcome.usage.reasoning)
    let tools = comforts ? outcome.tools : outcome.tools.map(ToolWork.short)
    switch outcome.verdict {
    case .completed:
      return CallCompleted(
        call: command.call, modelAsked: command.modelAsked, model: outcome.model, provider: outcome.provider,
        execution: outcome.execution, content: Passage(answer.content),
        reasoning: comforts && !answer.reasoning.isEmpty ? answer.reasoning : nil,
        toolCalls: answer.toolCalls.map(\.json), annotations: comforts ? answer.annotations : [],
        finishReason: answer.finishReason ?? "stop", nativeFinishReason: answer.nativeFinishReason,
        tools: tools, usage: usage,
        cost: outcome.cost, tries: outcome.tries.map(\.json), started: outcome.started,
        firstToken: outcome.firstToken, finished: outcome.finished,
        reasoningDetails: comforts ? answer.reasoningDetails : []
      ).bytes
    case .failed(let failure):
      return CallFailed(
        call: command.call, execution: outcome.execution, reason: failure.reason, status: failure.status,
        message: failure.message, modelAsked: command.modelAsked, model: outcome.model,
        provider: outcome.provider.isEmpty ? nil : outcome.provider,
        content: answer.content.isEmpty ? nil : answer.content, usage: usage, cost: outcome.cost,
        tries: outcome.tries.map(\.json), started: outcome.started, finished: outcome.finished, tools: tools
      ).json.bytes
    }
  }
}
