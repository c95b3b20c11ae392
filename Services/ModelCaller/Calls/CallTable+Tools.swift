internal import Bus
package import Deliberation
internal import Models
package import Tools

/// The loop of a call that may use tools: the model's turn, the tools that it asks for, its next turn, until it answers
/// or has had its share.
extension CallTable {
  /// What a finished turn wants run; nil: it is the answer. A function that is somebody else's to run ends the turn.
  func toolCalls(_ call: Call, _ answer: ProviderAnswer) -> [ToolCall]? {
    guard !call.command.grants.isEmpty, !call.work.isLast, !answer.toolCalls.isEmpty,
      !answer.toolCalls.contains(where: { call.command.functions.contains($0.name) })
    else { return nil }
    return answer.toolCalls.prefix(ToolWork.callsPerTurn).enumerated().map { index, wanted in
      // a result names the call that it answers
      let id = wanted.id.isEmpty ? "call_\(call.work.steps)_\(index)" : wanted.id
      return ToolCall(id: id, name: wanted.name, arguments: wanted.arguments)
    }
  }

  /// `cost` is what that turn cost, and so about what the next will.
  mutating func useTools(_ serial: Int, _ wanted: [ToolCall], _ answer: ProviderAnswer, cost: Double, _ now: Moment) {
    guard var call = calls[serial] else { return }
    let command = call.command
    call.work.add(answer, wanted)
    call.phase = .tooling
    // each turn may be tried again until a client has seen some of it
    call.hasStreamed = false
    let left = max(0, command.deadline - now)
    let given = max(1, command.deadline - call.started)
    let isDear = command.maxCost.map { $0 - call.spent < 2 * cost } ?? false
    let hasSpent = command.toolStopCost.map { call.spent >= $0 } ?? false
    call.work.isLast =
      call.work.steps >= command.maxToolCalls || hasSpent || isDear || left < given / 4 || call.work.room == 0
    calls[serial] = call
    wheel.set(serial, at: command.deadline)
    let round = ToolRound(
      call: command.call.text,
      trace: Trace.trace(of: command.traceparent, subject: command.call.deliberation) ?? "", turn: call.work.steps - 1,
      grants: command.grants, calls: wanted,
      earlier: call.work.uses,
      // what is left is for the model's next turn
      milliseconds: max(1, left * 3 / 4), room: call.work.room)
    actions.append(.use(round, serial: serial, number: call.number))
  }

  /// The tools of a turn have run.
  package mutating func used(serial: Int, number: Int, _ uses: [ToolUse], now: Moment) {
    guard var call = calls[serial], call.phase == .tooling, call.number == number else { return }
    call.spent += call.work.add(uses)
    call.phase = .queued
    calls[serial] = call
    follow(.go(call.route), serial, now)
    flow(now)
  }

  /// Nobody waits for them any more.
  mutating func endTools(_ serial: Int, _ why: ProviderFailure, _ now: Moment) {
    actions.append(.stopTools(serial: serial))
    conclude(serial, .failed(why), ProviderAnswer(), now)
  }

  /// An answer as it goes into the event: with the text of the turns before it where a client has seen that, without
  /// calls of tools that are nobody's, and with the sources that it names.
  func whole(_ answer: ProviderAnswer, _ call: Call) -> ProviderAnswer {
    guard !call.command.grants.isEmpty else { return answer }
    var answer = answer
    if call.command.stream != nil, !call.isMuted, !call.work.said.isEmpty {
      answer.content = answer.content.isEmpty ? call.work.said : call.work.said + ToolWork.pause + answer.content
    }
    answer.toolCalls = answer.toolCalls.filter { call.command.functions.contains($0.name) }
    if answer.toolCalls.isEmpty, answer.finishReason == "tool_calls" { answer.finishReason = "stop" }
    answer.annotations += call.work.citations(in: answer.content)
    return answer
  }
}
