import Deliberation

/// A service's decisions, with a fault where a mutation wants one.
struct MutantLogic<Logic: Decides>: Decides {
  let logic: Logic
  let mutation: Mutation?
  /// Tells the owners of a partition apart, where ids shall differ.
  let life: Int

  var settles: Bool { logic.settles }

  func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    let isHasty = mutation == .settlesEarly && deliberation.end != nil
    let outputs = logic.decide(deliberation, now: isHasty ? now + 10_000_000_000 : now)
    switch mutation {
    case .freshIDs: return outputs.map { change($0, id: "\($0.id)+\(life)", after: $0.after.map { "\($0)+\(life)" }) }
    case .afterDropped: return outputs.map { change($0, id: $0.id, after: []) }
    case .actsBeforeReading: return outputs + foreseen(deliberation, outputs, now)
    default: return outputs
    }
  }

  func wake(_ deliberation: Deliberation) -> Moment? {
    mutation == .losesTimers ? nil : logic.wake(deliberation)
  }

  func isOpen(_ deliberation: Deliberation) -> Bool { logic.isOpen(deliberation) }
  func late(_ recorded: Recorded) -> [Output] { logic.late(recorded) }
  func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    logic.passes(name, id: id, state)
  }

  private func change(_ output: Output, id: String, after: [String]) -> Output {
    Output(
      destination: output.destination, id: id, type: output.type, subject: output.subject, key: output.key,
      value: output.value, correlation: output.correlation, causation: output.causation, after: after)
  }

  /// What follows from an end that was only decided.
  private func foreseen(_ deliberation: Deliberation, _ outputs: [Output], _ now: Moment) -> [Output] {
    guard deliberation.end == nil,
      let end = outputs.first(where: { Event.Name(type: $0.type)?.isEnd ?? false }),
      let event = try? Event.parse(type: end.type, id: end.id, value: end.value)
    else { return [] }
    var next: Deliberation? = deliberation
    Deliberation.evolve(
      &next,
      Recorded(
        id: end.id, type: end.type, subject: deliberation.id, time: now, event: event,
        valueHash: SHA256.hash(end.value)))
    return next.map { logic.decide($0, now: now) } ?? []
  }
}
