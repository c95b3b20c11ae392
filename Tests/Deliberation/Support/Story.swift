import Deliberation
import Testing

/// What happened to one deliberation, told step by step: given these events, a decision gives those outputs.
struct Story {
  private(set) var state: Deliberation?
  private(set) var events: [Recorded] = []
  private(set) var now = Sample.start
  let id: String

  /// A deliberation whose ask was just taken in.
  init(_ request: JSON = Sample.alias(), _ others: JSONObject = [:], id: String = Sample.id) throws {
    self.id = id
    try ask(request, others)
  }

  /// One that nothing is known of.
  init(unasked id: String) { self.id = id }

  mutating func ask(_ request: JSON, _ others: JSONObject = [:], askID: String = "ask-1") throws {
    let result = try Sample.intake(Sample.ask(request, others), id: askID, subject: id, at: now)
    try read(try #require(result.output))
  }

  mutating func wait(_ milliseconds: Int64) { now = now + milliseconds }

  mutating func wait(until moment: Moment) { now = max(now, moment) }

  /// Reads an output as the event that it became.
  mutating func read(_ output: Output) throws {
    let event = try Event.parse(type: output.type, id: output.id, value: output.value)
    read(
      Recorded(
        id: output.id, type: output.type, subject: id, time: now, event: event, valueHash: SHA256.hash(output.value)))
  }

  mutating func read(_ recorded: Recorded) {
    events.append(recorded)
    Deliberation.evolve(&state, recorded)
  }

  mutating func read(_ event: Event, _ discriminator: String) throws {
    try read(.event(event, of: id, discriminator))
  }

  // MARK: What callers do

  mutating func completes(
    _ local: String, _ content: String, toolCalls: [JSON] = [], cost: Double = 0.01, annotations: [JSON] = [],
    finish: String = "stop", reasoning: String? = nil
  ) throws {
    let call = try #require(CallID("\(id)/\(local)"))
    let key = CallKey(call.purpose, round: call.round, member: call.member, attempt: call.attempt)
    let model = state?.calls[key]?.model ?? state?.ask?.value.answerer
    let event = CallCompleted(
      call: call, modelAsked: model?.asked ?? "", model: model?.model ?? "", provider: "openrouter",
      execution: "x-\(local)", content: Passage(content), reasoning: reasoning, toolCalls: toolCalls,
      annotations: annotations,
      finishReason: finish,
      usage: Usage(promptTokens: 100, completionTokens: 10), cost: cost, started: now, finished: now + 250)
    try read(.callCompleted(event), call.local)
  }

  mutating func fails(
    _ local: String, _ reason: FailureReason, status: Int? = nil, _ message: String = "it went wrong",
    cost: Double? = nil
  ) throws {
    let call = try #require(CallID("\(id)/\(local)"))
    let event = CallFailed(
      call: call, execution: "x-\(local)", reason: reason, status: status, message: message, cost: cost)
    try read(.callFailed(event), call.local)
  }

  mutating func cancels(_ members: [Int]? = nil, by: CancelledBy = .client, id cancel: String = "cancel-1") throws {
    let pending = Dispatching.PendingCancel(
      request: CancelRequested(by: by, members: members), source: "/conclave/gateway", id: cancel)
    try read(pending.output(for: id))
  }

  // MARK: What services decide

  func dispatching() -> [Output] { state.map { Dispatching().decide($0, now: now) } ?? [] }
  func assembling() -> [Output] { state.map { Assembling().decide($0, now: now) } ?? [] }
  func judging() -> [Output] { state.map { Judging().decide($0, now: now) } ?? [] }

  /// Lets a service decide and reads the events that came of it.
  @discardableResult mutating func dispatches() throws -> [Output] { try take(dispatching()) }
  @discardableResult mutating func assembles() throws -> [Output] { try take(assembling()) }
  @discardableResult mutating func judges() throws -> [Output] { try take(judging()) }

  private mutating func take(_ outputs: [Output]) throws -> [Output] {
    for output in outputs where output.destination == .events { try read(output) }
    return outputs
  }

  /// The panel has been asked and these were its answers, by index.
  mutating func panelAnswers(_ contents: [String]) throws {
    try dispatches()
    for (index, content) in contents.enumerated() { try completes("panel/0/\(index)/0", content) }
    try assembles()
  }

  /// The end, where it is of that kind.
  var completed: Completed? { if case .completed(let end)? = state?.end?.value { end } else { nil } }
  var failed: Failed? { if case .failed(let end)? = state?.end?.value { end } else { nil } }

  /// The judge has said that, and the answer is asked for.
  mutating func judgeSays(_ output: String = JudgeSays.valid(), round: Int = 0) throws {
    try judges()
    try completes("judge/\(round)/-/0", output)
    try judges()
    try judges()
  }

  var result: Results.Result? { state.flatMap { Results.result($0) } }
}

extension [Output] {
  /// One line an output, as a reader of a test wants it.
  var lines: [String] {
    map { output in
      let local = output.id.hasPrefix("\(Sample.id)/") ? String(output.id.dropFirst(Sample.id.count + 1)) : output.id
      let after = output.after.isEmpty ? "" : " after \(output.after.count)"
      switch output.destination {
      case .events: return "event \(local)\(after)"
      case .calls(let lane): return "\(lane) lane \(local)\(after)"
      case .results: return "result \(local)\(after)"
      case .reply(let partition): return "reply \(partition) \(local)\(after)"
      case .signals: return "signal \(local)\(after)"
      }
    }
  }

  func value(_ suffix: String) throws -> JSON {
    let output = try #require(first { $0.id.hasSuffix(suffix) })
    return try JSON.parse(output.value)
  }

  func command(_ local: String) throws -> CallCommand {
    try CallCommand(try value("/call/\(local)"))
  }
}

/// What the judge of these tests says.
enum JudgeSays {
  static func valid(_ more: JSONObject = [:]) -> String {
    var object: JSONObject = [
      "consensus": [["point": "They agree.", "quotes": []]], "contradictions": [], "partial_coverage": [],
      "unique_insights": [], "blind_spots": ["Nobody says when."],
    ]
    for member in more.members { object[member.key] = member.value }
    return JSON.object(object).text
  }
}
