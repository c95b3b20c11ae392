/// How calls are commanded, alike for dispatcher and judge.
extension Deliberation {
  /// Whether the command of a call must go out: nobody named it, or what was commanded was lost with a broker.
  func mustSend(_ key: CallKey) -> Bool {
    guard let call = calls[key] else { return true }
    guard call.outcome == nil else { return false }
    guard let named = call.named else { return true }
    return restored.map { $0 > named } ?? false
  }

  func isNamed(_ key: CallKey) -> Bool { calls[key]?.named != nil }

  func command(
    _ key: CallKey, _ model: ModelRef, fallbacks: [ModelRef] = [], messages: [JSON], tools: [JSON],
    parameters: JSONObject, responseFormat: JSON? = nil, deadline: Moment, isShown: Bool, sameBefore: Int = 0
  ) -> CallCommand {
    var command = CallCommand(
      call: key.id(in: id), models: [model.model] + fallbacks.map(\.model), modelAsked: model.asked,
      tenant: ask?.tenant ?? "", messages: messages, tools: tools, parameters: parameters,
      responseFormat: responseFormat, deadline: deadline)
    guard let ask else { return command }
    command.maxCost = Spending(self)?.reservation(key)
    command.maxToolCalls = ask.maxToolCalls
    command.toolStopCost = ask.toolStopCost
    command.depth = key.purpose == .panel || key.purpose == .judge ? ask.depth + 1 : ask.depth
    command.stream = isShown ? ask.reply.first : nil
    command.allowedProviders = ask.allowedProviders
    command.providerOrder = ask.providerOrder
    command.answerBytes = ask.answerBytes
    if let seconds = ask.cacheSeconds {
      command.cache = CallCommand.Cache(key: Self.cacheKey(command, sameBefore: sameBefore), seconds: seconds)
    }
    return command
  }

  /// The same question to the same models in the same way has one key; the second naming of a model in a panel another,
  /// because two members are meant to give two answers.
  private static func cacheKey(_ command: CallCommand, sameBefore: Int) -> String {
    let parts: [JSON] = [
      .string(command.tenant), .array(command.models.map { .string($0) }), .array(command.messages),
      .array(command.tools), .object(command.parameters), command.responseFormat ?? .null,
      command.allowedProviders.map { .array($0.map { .string($0) }) } ?? .null, .int(Int64(sameBefore)),
    ]
    return SHA256.hex(JSON.array(parts).bytes)
  }

  func output(_ command: CallCommand, lane: String, value: [UInt8]) -> Output {
    Output(
      destination: .calls(lane: lane), id: IDs.command(command.call), type: CallCommand.type, subject: id,
      key: command.cache?.key ?? command.call.text, value: value)
  }

  /// The command of a call that belongs to no member, and the event that names it; each only where it is still due.
  func single(_ key: CallKey, lane: String, _ build: () -> CallCommand) -> [Output] {
    let sends = mustSend(key)
    let names = !isNamed(key)
    guard sends || names else { return [] }
    let command = build()
    var outputs: [Output] = []
    let written = command.written()
    if sends { outputs.append(output(command, lane: lane, value: written.value)) }
    if names {
      let event = CallRequested(
        call: command.call, model: command.models[0], lane: lane, deadline: command.deadline,
        promptVersion: Prompts.version, messagesHash: SHA256.hex(written.value[written.messages]))
      outputs.append(
        .event(.callRequested(event), of: id, command.call.local, after: sends ? [IDs.command(command.call)] : []))
    }
    return outputs
  }

  // MARK: The outer model

  /// Whether the outer model is given the panel's result as that of a tool that it called.
  var isToolShaped: Bool {
    guard let ask else { return false }
    return ask.entrance == .tool && ask.policy != .never || ask.policy == .auto
  }

  /// A call of the model that answers: with the client's parameters, tools and wishes.
  func outerCall(
    _ key: CallKey, _ ask: Fact<Requested>, messages: [JSON], offersFusion: Bool, isAfterFusion: Bool
  ) -> CallCommand {
    var parameters = ask.parameters
    let format = parameters["response_format"]
    parameters["response_format"] = nil
    var tools = ask.clientTools
    if offersFusion { tools.append(FusionTool.definition(name: FusionTool.name(besides: ask.clientTools))) }
    if !tools.isEmpty { parameters["tool_choice"] = toolChoice(ask, isAfterFusion: isAfterFusion) }
    return command(
      key, ask.answerer, fallbacks: ask.fallbacks, messages: messages, tools: tools, parameters: parameters,
      responseFormat: format, deadline: ask.deadline,
      // before a winner's own words nothing is shown
      isShown: ask.stream != .none && !(key.purpose == .decision && ask.returnsWinner))
  }

  /// Whether an outer model ended without a word or a call, and not because it was stopped: that is no answer.
  func isSilent(_ turn: CallCompleted) -> Bool {
    guard turn.toolCalls.isEmpty, !turn.content.hasWords else { return false }
    if ["length", "content_filter"].contains(turn.finishReason) { return false }
    return ask?.parameters["stop"] == nil
  }

  /// `required` was met by the panel: kept on, it makes the model call again and answer nothing.
  private func toolChoice(_ ask: Fact<Requested>, isAfterFusion: Bool) -> JSON? {
    guard let choice = ask.toolChoice else { return nil }
    switch choice {
    case .string("required"): return isAfterFusion ? nil : choice
    case .string("auto"): return nil
    case .object(let object) where object["type"]?.string != "function": return nil
    default: return choice
    }
  }

  /// The calls of fusion among the tool calls of a turn.
  func fusionCalls(in turn: CallCompleted) -> [JSON] {
    guard let ask, isToolShaped else { return [] }
    let name = FusionTool.name(besides: ask.clientTools)
    return turn.toolCalls.filter { $0["function"]?["name"]?.string == name }
  }

  /// Whether that turn ended the answer, or fusion was called again, which is refused once and not offered after.
  func isFinalTurn(_ key: CallKey) -> Bool {
    guard key.attempt == 0, let turn = calls[key]?.completed else { return true }
    return fusionCalls(in: turn).isEmpty
  }

  /// The answer's call after a panel that has its outcome and is not followed by another.
  func finalAnswer(ofRound round: Int) -> (key: CallKey, call: CallState)? {
    for attempt in 0...1 {
      let key = CallKey(.answer, round: round, attempt: attempt)
      guard let call = calls[key], call.outcome != nil else { return nil }
      if isFinalTurn(key) { return (key, call) }
    }
    return nil
  }
}
