import Deliberation

/// Performs commands without any provider: how a call goes follows from the seed and from the model's name. A call that
/// is made again gives another text.
struct ScriptedCaller {
  struct Running {
    let command: CallCommand
    let due: Moment
    let outcome: Event?
  }

  private(set) var running: [Running] = []
  /// Call ids that this life of the caller has performed or is performing.
  private var known: Set<String> = []
  private var cancelledCalls: Set<String> = []
  private var cancelledAll: Set<String> = []
  private(set) var executions: [String: Int] = [:]
  private var counter = 0

  mutating func crash() -> [CallCommand] {
    let lost = running.map(\.command)
    running = []
    known = []
    return lost
  }

  mutating func cancel(_ signal: JSON) {
    if signal["all"] == true, let id = signal["deliberation"]?.string { cancelledAll.insert(id) }
    for call in signal["calls"]?.array ?? [] { cancelledCalls.insert(call.string ?? "") }
  }

  mutating func take(_ command: CallCommand, now: Moment, using generator: inout SplitMix) {
    let id = command.call.text
    guard known.insert(id).inserted else { return }
    executions[id, default: 0] += 1
    counter += 1
    let isCancelled = cancelledCalls.contains(id) || cancelledAll.contains(command.call.deliberation)
    let delay = Int64.random(in: 1...20_000, using: &generator)
    let script = Script(command: command, execution: "x\(counter)")
    if isCancelled || now >= command.deadline {
      let reason: FailureReason = isCancelled ? .cancelled : .expired
      running.append(Running(command: command, due: now, outcome: .callFailed(script.failure(reason))))
    } else if now + delay > command.deadline {
      running.append(
        Running(command: command, due: command.deadline, outcome: .callFailed(script.failure(.timeout))))
    } else {
      running.append(
        Running(command: command, due: now + delay, outcome: script.outcome(using: &generator)))
    }
  }

  /// Outcomes that are there by now.
  mutating func finish(now: Moment) -> [(CallCommand, Event)] {
    var finished: [(CallCommand, Event)] = []
    running.removeAll { call in
      guard call.due <= now else {
        guard cancelledCalls.contains(call.command.call.text) || cancelledAll.contains(call.command.call.deliberation)
        else { return false }
        let script = Script(command: call.command, execution: "cancelled")
        finished.append((call.command, .callFailed(script.failure(.cancelled))))
        return true
      }
      if let outcome = call.outcome { finished.append((call.command, outcome)) }
      return true
    }
    return finished
  }

  var nextDue: Moment? { running.map(\.due).min() }
}

/// How one call goes.
private struct Script {
  let command: CallCommand
  let execution: String

  func outcome(using generator: inout SplitMix) -> Event {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0: return .callFailed(failure(.rateLimited))
    case 1: return .callFailed(failure(.upstreamError))
    case 2: return .callFailed(failure(.insufficientCredits))
    case 3: return .callCompleted(completion(""))
    default: break
    }
    switch command.call.purpose {
    case .panel: return .callCompleted(completion("answer \(execution) of \(command.modelAsked), quite long"))
    case .judge: return .callCompleted(completion(analysis(using: &generator)))
    case .decision: return .callCompleted(turn(chance: 8, using: &generator))
    case .answer: return .callCompleted(turn(chance: 2, using: &generator))
    }
  }

  func failure(_ reason: FailureReason) -> CallFailed {
    CallFailed(
      call: command.call, execution: execution, reason: reason, status: reason == .rateLimited ? 429 : nil,
      message: "scripted", cost: reason == .upstreamError ? 0.001 : nil)
  }

  private func completion(_ content: String, toolCalls: [JSON] = []) -> CallCompleted {
    CallCompleted(
      call: command.call, modelAsked: command.modelAsked, model: command.models[0], execution: execution,
      content: content, toolCalls: toolCalls, usage: Usage(promptTokens: 7, completionTokens: 3), cost: 0.001)
  }

  /// Of ten turns that are offered fusion so many call it; some call the client's function.
  private func turn(chance: Int, using generator: inout SplitMix) -> CallCompleted {
    let names = command.tools.compactMap { $0["function"]?["name"]?.string }
    let roll = Int.random(in: 0..<10, using: &generator)
    var calls: [JSON] = []
    if let fusion = names.first(where: { $0.hasPrefix("fusion") }), roll < chance { calls.append(call(fusion)) }
    if names.contains("weather"), roll % 3 == 0 { calls.append(call("weather")) }
    return completion(calls.isEmpty || roll == 0 ? "text \(execution)" : "", toolCalls: calls)
  }

  private func call(_ name: String) -> JSON {
    [
      "id": .string("call_\(name)_\(execution)"), "type": "function",
      "function": ["name": .string(name), "arguments": "{}"],
    ]
  }

  private func analysis(using generator: inout SplitMix) -> String {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: "no JSON at all \(execution)"
    case 1: #"{"consensus": "wrong"}"#
    case 2: "```json\n\(JudgeSays.valid(["ranking": ["Z", "B"]]))\n```"
    case 3: JudgeSays.valid(["ranking": [], "changes": [["response": "Q", "from": "x", "to": "y"]]])
    default:
      JudgeSays.valid([
        "ranking": ["B", "A"], "changes": [["response": "A", "from": "x", "to": "y"]],
        "unique_insights": [["response": "A", "insight": "It knows.", "quote": "quite long"]],
      ])
    }
  }
}
