import Deliberation

/// How the models of a simulated run behave: mostly well, and in every other way too.
enum Script {
  static func outcome(_ command: CallCommand, _ execution: String, _ universe: Universe) -> (Int64, Event) {
    let delay = Int64(universe.pick(0..<100) < 8 ? universe.pick(20_000..<400_000) : universe.pick(0..<3_000))
    let luck = universe.pick(0..<100)
    switch luck {
    case 0..<7: return (delay, failed(command, execution, .upstreamError, universe))
    case 7..<10: return (delay, failed(command, execution, .rateLimited, universe))
    case 10..<12: return (delay, failed(command, execution, .insufficientCredits, universe))
    case 12..<14: return (10_000_000, failed(command, execution, .timeout, universe))
    default: return (delay, completed(command, execution, text(command, execution, universe), universe))
    }
  }

  static func failed(
    _ command: CallCommand, _ execution: String, _ reason: FailureReason, _ universe: Universe
  ) -> Event {
    universe.count("failed \(reason.rawValue)")
    return .callFailed(
      CallFailed(
        call: command.call, execution: execution, reason: reason, message: reason.rawValue,
        modelAsked: command.modelAsked, model: command.models.first,
        cost: universe.chance(30) ? 0.25 : nil, finished: Moment(milliseconds: universe.now)))
  }

  private static func completed(
    _ command: CallCommand, _ execution: String, _ content: String, _ universe: Universe
  ) -> Event {
    .callCompleted(
      CallCompleted(
        call: command.call, modelAsked: command.modelAsked, model: command.models.first ?? "none", execution: execution,
        content: content,
        usage: Usage(promptTokens: 10, completionTokens: 5), cost: 0.5, finished: Moment(milliseconds: universe.now)))
  }

  private static func text(_ command: CallCommand, _ execution: String, _ universe: Universe) -> String {
    guard command.call.purpose == .judge else {
      return universe.chance(3) ? "" : "The answer of \(execution) to the question is plain."
    }
    switch universe.pick(0..<10) {
    case 0: return ""
    case 1:
      universe.count("judge gave no JSON")
      return "I cannot say."
    case 2: return "{\"consensus\": \"all agree\"}"
    default:
      return """
        {"consensus":[{"point":"It is plain.","quotes":[{"response":"A","quote":"to the question is plain"}]}],
         "contradictions":[],"partial_coverage":[],
         "unique_insights":[{"response":"B","insight":"…","quote":"nowhere"}],"blind_spots":["much"],
         "ranking":["A","B","C","D"],"changes":[]}
        """
    }
  }
}
