internal import Deliberation

/// What completed and failed calls have in common, for the tables.
struct CallOutcome {
  let call: CallID
  let state: String
  let modelAsked: String?
  let model: String
  let provider: String?
  let execution: String
  let reason: String?
  let status: Int?
  let cost: Double?
  let usage: Usage?
  let started: Moment?
  let firstToken: Moment?
  let finished: Moment?
  let tries: Int
  let cached: Bool

  init(_ event: CallCompleted) {
    call = event.call
    state = "completed"
    modelAsked = event.modelAsked
    model = event.model
    provider = event.provider
    execution = event.execution
    reason = nil
    status = nil
    cost = event.cost
    usage = event.usage
    started = event.started
    firstToken = event.firstToken
    finished = event.finished
    tries = event.tries.count
    cached = event.cached
  }

  init(_ event: CallFailed) {
    call = event.call
    state = "failed"
    modelAsked = event.modelAsked
    model = event.model ?? event.modelAsked ?? ""
    provider = event.provider
    execution = event.execution
    reason = event.reason.rawValue
    status = event.status
    cost = event.cost
    usage = event.usage
    started = event.started
    firstToken = nil
    finished = event.finished
    tries = event.tries.count
    cached = false
  }
}
