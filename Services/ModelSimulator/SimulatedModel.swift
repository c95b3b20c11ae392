internal import Deliberation

/// Says what one simulated model says to one request: the same words for the same prompt, other words for another model.
struct SimulatedModel {
  let request: ChatRequest
  let duty: Duty
  let promptSeed: Seed
  let manner: Manner
  let execution: String?
  /// Seconds since 1970.
  let now: Int

  func completion() -> Completion {
    let seed = promptSeed.mixed(request.model).mixed(salt)
    var completion = Completion(
      content: "", finish: "stop", id: "chatcmpl-sim-" + seed.mixed(execution ?? "").hex, model: request.model,
      created: now)
    completion.toolCalls = toolCalls(seed)
    if completion.toolCalls.isEmpty {
      completion.content = content()
    } else {
      completion.finish = "tool_calls"
    }
    behave(&completion)
    if manner.reasons || request.thinks {
      completion.reasoning =
        "First the question is read, then the pool of sentences, then a choice is made. (simulated)"
    }
    if let finish = manner.finish { completion.finish = finish }
    if !manner.hidesUsage { completion.usage = usage(completion, seed) }
    return completion
  }

  private var salt: String { manner.varies ? execution ?? String(now) : "" }

  private func toolCalls(_ seed: Seed) -> [ToolCall] {
    if manner.content.contains(.toolNotOffered) {
      return [ToolCall(id: "call_" + seed.hex, name: "delete_everything", arguments: "{\"really\": true}")]
    }
    if manner.content.contains(.toolLong) {
      let text = Panellist(question: request.question, model: request.model, salt: salt).answer(words: manner.words)
      return [ToolCall(id: "call_" + seed.hex, name: "write_down", arguments: (["text": .string(text)] as JSON).text)]
    }
    let calls = ToolRules(request: request, manner: manner, seed: seed).calls()
    guard manner.content.contains(.toolBadArguments) else { return calls }
    let name = calls.first?.name ?? request.functions.first?.name ?? "unknown"
    return [ToolCall(id: "call_" + seed.hex, name: name, arguments: "{\"prompt\": \"cut off in the mid")]
  }

  private func content() -> String {
    if case .judge(let judging) = duty {
      return JudgeReply(judging: judging, manner: manner.judging).text()
    }
    if let schema = request.schema { return SchemaInstance.of(schema).text }
    var text: String
    switch duty {
    case .answer(let question, let tools):
      text = Panellist(question: question, model: request.model, salt: salt).answer(words: manner.words)
      for result in tools.suffix(4) { text += "\n\nA tool said: \(result.prefix(300))" }
      if request.wantsJSON { text = (["answer": .string(text)] as JSON).text }
    case .revise(let question, let own, let others):
      text = Revision(question: question, model: request.model, own: own, others: others).text()
    case .fuse(let question, let answers):
      text = Fused(question: question, answers: answers, model: request.model).text()
    case .judge: text = ""
    }
    if let bytes = manner.bytes { text = SimulatedModel.sized(text, to: bytes) }
    return text
  }

  private func behave(_ completion: inout Completion) {
    if manner.content.contains(.inject) { completion.content += Hostile.text }
    if manner.content.contains(.control) {
      completion.content += " \u{1}\u{8}\u{b}\u{1f}\u{7f}\u{85}\u{2028}\u{202e}\u{feff} \(Placeholder.surrogate)."
    }
    if manner.content.contains(.invalidUTF8) { completion.content += " \(Placeholder.invalid) bytes." }
    if manner.content.contains(.empty) { completion.content = "" }
    switch manner.fault {
    case .filter:
      completion.content = ""
      completion.toolCalls = []
      completion.finish = "content_filter"
    case .refusal:
      completion.content = ""
      completion.toolCalls = []
      completion.refusal = "I cannot help with that. (simulated)"
    default: break
    }
  }

  private func usage(_ completion: Completion, _ seed: Seed) -> Completion.Usage {
    let said =
      completion.content.utf8.count
      + completion.toolCalls.reduce(0) { $0 + $1.arguments.utf8.count + $1.name.utf8.count }
    var usage = Completion.Usage(
      prompt: Completion.tokens(request.promptBytes), completion: Completion.tokens(said))
    if let reasoning = completion.reasoning {
      let tokens = Completion.tokens(reasoning.utf8.count)
      usage.reasoning = tokens
      usage.completion += tokens
    }
    usage.cached = manner.cached.map { min($0, usage.prompt) }
    switch manner.cost {
    case .none: break
    case .madeUp: usage.cost = Double(usage.prompt) * 1e-6 + Double(usage.completion) * 5e-6
    case .given(let cost): usage.cost = cost
    }
    return usage
  }

  /// The text cut, or filled up with full stops' worth of words, to so many bytes.
  static func sized(_ text: String, to bytes: Int) -> String {
    var sized = Array(text.utf8.prefix(bytes))
    let filler = Array(" and so on".utf8)
    sized.reserveCapacity(bytes)
    while sized.count < bytes { sized += filler.prefix(bytes - sized.count) }
    return String(decoding: sized, as: UTF8.self)
  }
}
