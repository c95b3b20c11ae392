import Calls
import Deliberation
import Models

/// How the models of a simulated run behave: mostly well, and slow, failing, wrong or silent as well. A call that is made
/// again gives another text, as a model would.
struct Script {
  /// How one try goes. Without a time its provider says nothing until it is stopped.
  struct Try {
    var after: Int64?
    var answer = ProviderAnswer()
    var failure: ProviderFailure?
    /// What a watcher is shown before the end.
    var shown = ""
  }

  /// How all tries of one execution go.
  private enum Fate { case well, failsOnce(ProviderFailure), fails(ProviderFailure), silent }

  private var fates: [String: Fate] = [:]

  mutating func play(_ attempt: Attempt, _ universe: Universe) -> Try {
    let fate = fates[attempt.execution] ?? draw(universe)
    fates[attempt.execution] = fate
    var result = Try(after: Int64(universe.chance(8) ? universe.pick(20_000..<400_000) : universe.pick(0..<3_000)))
    switch fate {
    case .silent:
      universe.count("model silent")
      result.after = nil
    case .fails(let failure): result.failure = failure
    case .failsOnce(let failure):
      fates[attempt.execution] = .well
      universe.count("tried again")
      result.failure = failure
    case .well: result.answer = answer(attempt, universe)
    }
    if result.failure == nil || universe.chance(30) {
      result.answer.usage = TokenUsage(prompt: universe.pick(1..<50), completion: universe.pick(1..<50))
    }
    if attempt.command.stream != nil, universe.chance(50) {
      result.shown = result.answer.content.isEmpty ? "It began" : String(result.answer.content.prefix(9))
    }
    return result
  }

  private func draw(_ universe: Universe) -> Fate {
    switch universe.pick(0..<100) {
    case 0..<5: return .fails(failed(.upstreamError, 500, .later))
    case 5..<8: return .fails(failed(.rateLimited, 429, .elsewhere))
    case 8..<10: return .fails(failed(.insufficientCredits, 402, .elsewhere))
    case 10..<12: return .fails(failed(.contentFilter, 400, .none))
    case 12..<17: return .failsOnce(failed(.upstreamError, 503, .later))
    case 17..<19: return .silent
    default: return .well
    }
  }

  private func failed(_ reason: FailureReason, _ status: Int, _ remedy: ProviderFailure.Remedy) -> ProviderFailure {
    ProviderFailure(reason, status: status, message: "it answered \(status)", remedy: remedy)
  }

  private func answer(_ attempt: Attempt, _ universe: Universe) -> ProviderAnswer {
    var answer = ProviderAnswer()
    answer.finishReason = "stop"
    switch attempt.command.call.purpose {
    case .judge: answer.content = judgement(attempt.execution, universe)
    case .panel:
      answer.content = universe.chance(3) ? "" : "The answer of \(attempt.execution) to the question is plain."
    case .decision, .answer:
      answer.toolCalls = calls(attempt, universe)
      if answer.toolCalls.isEmpty || universe.chance(20) { answer.content = "I say \(attempt.execution)." }
      if !answer.toolCalls.isEmpty { answer.finishReason = "tool_calls" }
    }
    return answer
  }

  /// Of what the outer model is offered it calls fusion mostly, also where it has called it before.
  private func calls(_ attempt: Attempt, _ universe: Universe) -> [ToolCall] {
    guard let command = try? JSON.parse(attempt.command.value) else { return [] }
    let names = command["tools"]?.array?.compactMap { $0["function"]?["name"]?.string } ?? []
    let isDecision = attempt.command.call.purpose == .decision
    return names.filter { name in
      name.hasPrefix("fusion") ? universe.chance(isDecision ? 80 : 20) : universe.chance(15)
    }.map { ToolCall(id: "call_\($0)_\(attempt.execution)", name: $0, arguments: "{}") }
  }

  private func judgement(_ execution: String, _ universe: Universe) -> String {
    switch universe.pick(0..<12) {
    case 0: return ""
    case 1:
      universe.count("judge gave no JSON")
      return "I cannot say, says \(execution)."
    case 2: return "{\"consensus\": \"all agree\"}"
    case 3: return "```json\n\(valid(ranking: "\"Z\",\"B\"", execution))\n```"
    case 4: return valid(ranking: "", execution)
    default: return valid(ranking: universe.chance(50) ? "\"A\",\"B\"" : "\"B\",\"A\",\"C\"", execution)
    }
  }

  private func valid(ranking: String, _ execution: String) -> String {
    """
    {"consensus":[{"point":"It is plain.","quotes":[{"response":"A","quote":"to the question is plain"}]}],
     "contradictions":[],"partial_coverage":[],
     "unique_insights":[{"response":"B","insight":"\(execution)","quote":"nowhere"}],"blind_spots":["much"],
     "ranking":[\(ranking)],"changes":[{"response":"A","from":"x","to":"y"},{"response":"Q","from":"x","to":"y"}]}
    """
  }
}
