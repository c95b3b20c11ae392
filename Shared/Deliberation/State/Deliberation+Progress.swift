extension Deliberation {
  /// Keeps what a watcher needs of an event, where somebody watches.
  func note(_ event: Event, _ recorded: Recorded) {
    guard let ask, ask.stream != .none, end == nil else { return }
    var data = JSONObject()
    switch event {
    case .decisionMade(let event): data["outcome"] = .string(event.outcome.rawValue)
    case .panelDispatched(let event):
      data["round"] = .int(Int64(event.round))
      data["members"] = .array(
        event.members.map { ["index": .int(Int64($0.index)), "model": .string($0.model.asked)] })
    case .memberReplaced(let event):
      data = [
        "round": .int(Int64(event.round)), "index": .int(Int64(event.index)), "model": .string(event.model.asked),
      ]
    case .callCompleted(let event) where event.call.purpose == .panel:
      data = call(event.call)
      data["model"] = .string(event.modelAsked)
      data.append("cost", ifPresent: event.cost.map { .double($0) })
      data.append("ms", ifPresent: elapsed(event.started, event.finished))
      if ask.form == .responses || ask.stream == .panel { data["content"] = .passage(event.content) }
    case .callFailed(let event) where event.call.purpose == .panel:
      data = call(event.call)
      let member = event.call.member ?? -1
      data["model"] = .string(ask.panel.indices.contains(member) ? ask.panel[member].asked : event.modelAsked ?? "")
      data["reason"] = .string(event.reason.rawValue)
      data["error"] = .string(event.message)
      data.append("status_code", ifPresent: event.status.map { .int(Int64($0)) })
      data.append("cost", ifPresent: event.cost.map { .double($0) })
      data.append("ms", ifPresent: elapsed(event.started, event.finished))
    case .panelAssembled(let event):
      data = [
        "round": .int(Int64(event.round)), "sealed": .string(event.sealed.rawValue),
        "answered": .int(Int64(event.answered.count)), "failed": .int(Int64(event.failed.count)),
        "abandoned": .int(Int64(event.abandoned.count)),
      ]
    case .callRequested(let event):
      data = call(event.call)
      data["model"] = .string(event.model)
      // with the answer a fusion is complete: whoever watches it as an item of a response is told the rest of that
      if event.call.purpose == .answer, ask.form == .responses, ask.stream == .panel {
        data.append("fusion", ifPresent: FusionResult(self, upTo: .max).rest(within: ask.answerBytes))
      }
    case .analysisCompleted(let event):
      data = ["round": .int(Int64(event.round)), "analysis": event.analysis]
    case .analysisDegraded(let event):
      data = ["round": .int(Int64(event.round)), "reason": .string(event.reason.rawValue)]
    default: return
    }
    progress.append(Progress(event: recorded.id, type: recorded.type, time: recorded.time, data: data))
  }

  private func call(_ call: CallID) -> JSONObject {
    var data: JSONObject = ["call": .string(call.text), "purpose": .string(call.purpose.rawValue)]
    data["round"] = .int(Int64(call.round))
    data.append("index", ifPresent: call.member.map { .int(Int64($0)) })
    return data
  }

  private func elapsed(_ start: Moment?, _ end: Moment?) -> JSON? {
    guard let start, let end else { return nil }
    return .int(end - start)
  }
}
