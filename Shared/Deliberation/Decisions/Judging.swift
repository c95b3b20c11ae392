/// The judge: compares the answers of a sealed panel, and asks for the answer that is written from them.
package struct Judging: Decides {
  package init() {}

  package func isOpen(_ deliberation: Deliberation) -> Bool { deliberation.isOpen }

  package func wake(_ deliberation: Deliberation) -> Moment? {
    guard deliberation.isOpen, deliberation.cancel == nil, let ask = deliberation.ask,
      let seal = deliberation.lastSeal?.value, !seal.answered.isEmpty, deliberation.analyses[seal.round] == nil
    else { return nil }
    return ask.judgeDeadline
  }

  package func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    guard deliberation.isOpen, deliberation.cancel == nil, let ask = deliberation.ask, now < ask.deadline,
      let seal = deliberation.lastSeal?.value
    else { return [] }
    if seal.answered.isEmpty { return ask.onFailure == .answer ? answer(deliberation, ask, seal, nil) : [] }
    guard let analysis = deliberation.analyses[seal.round]?.value else {
      return judge(deliberation, ask, seal, now: now)
    }
    // the winner's answer is returned as it is; only in tool form somebody else still writes
    if ask.returnsWinner { return [] }
    return answer(deliberation, ask, seal, analysis)
  }

  // MARK: Judging

  private func judge(_ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled, now: Moment)
    -> [Output]
  {
    let first = CallKey(.judge, round: seal.round)
    let second = CallKey(.judge, round: seal.round, attempt: 1)
    let model = ask.judge ?? ask.answerer
    // once: reading it looks up every quote
    let reading = deliberation.calls[first]?.completed.map {
      read(deliberation, ask, seal, $0, repairs: 0)
    }
    var outputs: [Output] = []
    var key = first
    if case .unusable(_, let problem)? = reading {
      key = second
      if now < ask.judgeDeadline {
        outputs += deliberation.single(second, lane: model.lane) {
          let output = deliberation.calls[first]?.completed?.content ?? .empty
          return command(
            deliberation, ask, second, model,
            Prompts.repair(messages(deliberation, ask, seal), output: output, problem: problem))
        }
      }
    } else if deliberation.calls[first]?.outcome == nil, now < ask.judgeDeadline {
      outputs += deliberation.single(first, lane: model.lane) {
        command(deliberation, ask, first, model, messages(deliberation, ask, seal))
      }
    } else if !deliberation.isNamed(first), deliberation.calls[first] != nil {
      outputs += deliberation.single(first, lane: model.lane) {
        command(deliberation, ask, first, model, messages(deliberation, ask, seal))
      }
    }
    if let word = word(deliberation, ask, seal, key, reading, now: now) {
      outputs.append(word)
    }
    return outputs
  }

  /// The judge's word on the round, once there is one.
  private func word(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled, _ key: CallKey,
    _ reading: AnalysisReader.Reading?, now: Moment
  ) -> Output? {
    let call = deliberation.calls[key]
    if key.attempt == 0, case .valid(let analysis)? = reading {
      return .event(.analysisCompleted(analysis), of: deliberation.id, seal.round)
    }
    if key.attempt == 1, let completed = call?.completed {
      switch read(deliberation, ask, seal, completed, repairs: 1) {
      case .valid(let analysis): return .event(.analysisCompleted(analysis), of: deliberation.id, seal.round)
      case .unusable(let reason, let problem):
        return degraded(deliberation, seal, reason, key, "after one repair \(problem)")
      }
    }
    if let outcome = call?.outcome, let failed = call?.failed {
      let isLate = outcome.time >= ask.judgeDeadline && [.timeout, .expired].contains(failed.reason)
      return degraded(
        deliberation, seal, isLate ? .deadline : .upstreamError, key, "\(failed.reason.rawValue): \(failed.message)")
    }
    guard now >= ask.judgeDeadline else { return nil }
    // a first output that could not be used says more than that there was no time to repair it
    if key.attempt == 1, case .unusable(let reason, let problem)? = reading, call?.named == nil {
      return degraded(deliberation, seal, reason, CallKey(.judge, round: seal.round), problem)
    }
    return degraded(
      deliberation, seal, .deadline, call?.named == nil ? nil : key, "the judge's time was over at \(ask.judgeDeadline)"
    )
  }

  private func read(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled, _ completed: CallCompleted,
    repairs: Int
  ) -> AnalysisReader.Reading {
    var reader = AnalysisReader(deliberation, seal: seal, limit: ask.answerBytes)
    return reader.read(completed.content, call: completed.call, mode: ask.mode, repairs: repairs)
  }

  private func degraded(
    _ deliberation: Deliberation, _ seal: PanelAssembled, _ reason: DegradeReason, _ key: CallKey?, _ message: String
  ) -> Output {
    let event = AnalysisDegraded(
      round: seal.round, reason: reason, call: key?.id(in: deliberation.id), message: String(message.prefix(2_000)))
    return .event(.analysisDegraded(event), of: deliberation.id, seal.round)
  }

  private func command(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ key: CallKey, _ model: ModelRef, _ messages: [JSON]
  ) -> CallCommand {
    var parameters: JSONObject = [
      "temperature": 0, "max_completion_tokens": .int(Int64(ask.maxCompletionTokens)),
    ]
    parameters["reasoning"] = ask.reasoning
    return deliberation.command(
      key, model, messages: messages, tools: ask.tools, parameters: parameters,
      responseFormat: AnalysisSchema.responseFormat(mode: ask.mode), deadline: ask.judgeDeadline, isShown: false)
  }

  private func messages(_ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled) -> [JSON] {
    let labels = Labels(deliberation: deliberation.id, round: seal.round, calls: seal.answered)
    let answers = labels.calls.map { deliberation.answer($0) ?? .empty }
    var firsts: [Passage?] = []
    if ask.mode == .debate, seal.round > 0 {
      // what a record still holds beside question and last answers, shared out
      let share = ask.answerBytes / max(1, answers.count)
      firsts = labels.calls.map { call in
        guard call.round > 0, let member = call.member else { return nil }
        return deliberation.firstAnswer(of: member).map { Self.cut($0, to: share) }
      }
    }
    return Prompts.judge(
      ask.messages, mode: ask.mode, seed: deliberation.id, answers: answers, firstAnswers: firsts)
  }

  /// The beginning of a text that takes at most so many bytes in a record.
  static func cut(_ passage: Passage, to limit: Int) -> Passage {
    guard passage.size > limit else { return passage }
    var size = 0
    var kept = String.UnicodeScalarView()
    for scalar in passage.text.unicodeScalars {
      size += JSON.escapedSize(String(scalar))
      if size > limit - 8 { break }
      kept.append(scalar)
    }
    return Passage(String(kept) + " […]")
  }

  // MARK: The answer

  private func answer(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled, _ analysis: Deliberation.Analysis?
  ) -> [Output] {
    let key = CallKey(.answer, round: seal.round)
    var outputs = deliberation.single(key, lane: ask.answerer.lane) {
      deliberation.outerCall(
        key, ask, messages: answerMessages(deliberation, ask, seal, analysis),
        offersFusion: deliberation.isToolShaped, isAfterFusion: true)
    }
    if let turn = deliberation.calls[key]?.completed, !deliberation.isFinalTurn(key) {
      outputs += deliberation.single(key.next, lane: ask.answerer.lane) {
        let calls = deliberation.fusionCalls(in: turn)
        let messages = Prompts.capped(
          answerMessages(deliberation, ask, seal, analysis), turn: turn, calls: calls)
        return deliberation.outerCall(key.next, ask, messages: messages, offersFusion: false, isAfterFusion: true)
      }
    }
    return outputs
  }

  private func answerMessages(
    _ deliberation: Deliberation, _ ask: Fact<Requested>, _ seal: PanelAssembled, _ analysis: Deliberation.Analysis?
  ) -> [JSON] {
    if deliberation.isToolShaped {
      return Prompts.toolResult(
        ask.messages, decision: deliberation.calls[CallKey(.decision)]?.completed,
        function: FusionTool.name(besides: ask.clientTools), toolCallID: deliberation.toolCallID,
        result: toolResult(deliberation, ask))
    }
    guard !seal.answered.isEmpty else { return ask.messages }
    let responses = seal.answered.sorted { ($0.member ?? 0) < ($1.member ?? 0) }.map {
      (model: deliberation.modelAsked($0), content: deliberation.answer($0) ?? .empty)
    }
    var found: JSON?
    if case .completed(let analysis)? = analysis { found = analysis.analysis }
    return Prompts.answer(ask.messages, seed: deliberation.id, responses: responses, analysis: found)
  }

  /// The tool's result stands as JSON inside JSON: what it is made of is cut where all of it no longer fits a record.
  private func toolResult(_ deliberation: Deliberation, _ ask: Fact<Requested>) -> JSON {
    // beside it stand the question, what the model said when it asked for this, and what it may say when it asks again
    let said = deliberation.calls[CallKey(.decision)]?.completed?.content.size ?? 0
    let most = ask.answerBytes * (max(1, ask.panel.count) + 1) - said
    var share = ask.answerBytes
    while true {
      let result = FusionResult(deliberation, upTo: .max).toolResult(cutTo: share)
      if JSON.escapedSize(result.text) <= most || share < 1_000 { return result }
      share /= 2
    }
  }
}

extension Deliberation {
  /// Under which id the outer model called fusion; one of our own where it was made to.
  var toolCallID: String { decision?.value.toolCallID ?? "call_fusion" }

  func firstAnswer(of member: Int) -> Passage? {
    seals[0]?.value.answered.first { $0.member == member }.flatMap { answer($0) }
  }
}

extension CallKey {
  var next: CallKey { CallKey(purpose, round: round, member: member, attempt: attempt + 1) }
}
