import Deliberation
import Testing

/// All services of one system in one value with virtual time: the deciders around one log, a caller, and a scheduler
/// that delays, repeats, crashes and lets zombies decide. The same seed gives the same run.
struct World {
  private(set) var now = Sample.start
  private(set) var log: [Recorded] = []
  private(set) var values: [String: [[UInt8]]] = [:]
  private(set) var results: [Output] = []
  private(set) var replies: [Output] = []
  private(set) var asked: [String] = []
  private(set) var crashes = 0
  private(set) var sentAgain = 0
  private(set) var commandsSent: [String: Int] = [:]
  private var generator: SplitMix
  private var nodes = Node.Role.allCases.map { Node($0) }
  private var zombies: [Node] = []
  private var caller = ScriptedCaller()
  private var commands: [CallCommand] = []
  private var outcomes: [(Event, String)] = []
  private var isCalm = false
  let faults: Bool

  init(seed: UInt64, faults: Bool = true) {
    generator = SplitMix(seed: seed)
    self.faults = faults
  }

  var executions: [String: Int] { caller.executions }

  private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }

  // MARK: The asks

  mutating func ask(_ number: Int) throws {
    let id = "gen-\(number)"
    asked.append(id)
    let request = randomRequest()
    let more: JSONObject = ["reply": ["partition": 1, "gateway": "g", "incarnation": "1"]]
    try intake(request, more, id: id, askID: "ask-\(number)")
    // the same record twice, the same ask again, and another one under its id
    if faults, chance(4) { try intake(request, more, id: id, askID: "ask-\(number)") }
    if faults, chance(8) { try intake(request, more, id: id, askID: "again-\(number)") }
    if faults, chance(8) { try intake(Sample.alias(["mode": "best-of"]), more, id: id, askID: "other-\(number)") }
  }

  private mutating func intake(_ request: JSON, _ more: JSONObject, id: String, askID: String) throws {
    let result = try Sample.intake(Sample.ask(request, more), id: askID, subject: id, at: now)
    guard let output = result.output else { return }
    try append(output)
  }

  private mutating func randomRequest() -> JSON {
    var parameters: JSONObject = ["deadline_ms": .int(Int64.random(in: 20_000...90_000, using: &generator))]
    let mode: JSON = ["merge", "best-of", "debate"][Int.random(in: 0..<3, using: &generator)]
    parameters["mode"] = mode
    if mode == "debate" { parameters["rounds"] = .int(Int64.random(in: 1...2, using: &generator)) }
    if chance(2) { parameters["quorum"] = 2 }
    if chance(3) { parameters["grace_ms"] = 1_500 }
    if chance(3) { parameters["stand_ins"] = ["deepseek/deepseek-v3.2", "openai/gpt-5.1"] }
    if chance(4) { parameters["on_failure"] = "fail" }
    if chance(4) { parameters["member_timeout_ms"] = 4_000 }
    if chance(5) { parameters["max_cost"] = 5 }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return ["model": "openai/gpt-5.1", "messages": Sample.messages]
    case 1: return Sample.tool(parameters, others: [Sample.weather])
    case 2: return Sample.tool(parameters, ["tool_choice": ["type": "openrouter:fusion"]])
    case 3: return Sample.alias(parameters, ["tool_choice": "auto"])
    case 4: return chance(3) ? Sample.alias(["quorum": 99]) : Sample.alias(parameters, ["tool_choice": "none"])
    default: return Sample.alias(parameters)
    }
  }

  // MARK: Running

  mutating func run() throws {
    var steps = 0
    while steps < 60_000 {
      steps += 1
      if !isCalm, steps > 3_000 { isCalm = true }
      if try step() { continue }
      guard let next = nextMoment else { return }
      now = max(now + 1, next)
      for index in nodes.indices { nodes[index].wake(now: now) }
      for index in zombies.indices { zombies[index].wake(now: now) }
    }
    Issue.record("it did not come to rest")
  }

  private var nextMoment: Moment? {
    (nodes.compactMap(\.nextWake) + [caller.nextDue].compactMap { $0 }).min()
  }

  /// One thing that happens somewhere; false where all wait for a clock.
  private mutating func step() throws -> Bool {
    if faults, !isCalm { try disturb() }
    let order = [0, 1, 2, 3, 4].shuffled(using: &generator)
    for kind in order {
      switch kind {
      case 0:
        let behind = nodes.indices.filter { nodes[$0].position < log.count }
        guard let index = behind.randomElement(using: &generator) else { continue }
        nodes[index].read(log, now: now)
        return true
      case 1:
        let writing = nodes.indices.filter { !nodes[$0].ready.isEmpty }
        guard let index = writing.randomElement(using: &generator) else { continue }
        let output = take(\.nodes[index])
        if let output { try deliver(output) }
        return true
      case 2:
        guard let index = commands.indices.randomElement(using: &generator) else { continue }
        caller.take(commands.remove(at: index), now: now, using: &generator)
        return true
      case 3:
        let finished = caller.finish(now: now)
        guard !finished.isEmpty else { continue }
        outcomes += finished.map { ($0.1, $0.0.call.deliberation) }
        return true
      default:
        guard let index = outcomes.indices.randomElement(using: &generator) else { continue }
        let (event, id) = outcomes.remove(at: index)
        try append(outcome: event, of: id)
        if faults, chance(10) { try append(outcome: event, of: id) }
        return true
      }
    }
    if let index = zombies.indices.first(where: { !zombies[$0].ready.isEmpty }) {
      if let output = take(\.zombies[index]) { try deliver(output) }
      return true
    }
    return false
  }

  /// One output that may go out now; sometimes the brokers' word on it is lost, and it goes out once more.
  private mutating func take(_ path: WritableKeyPath<World, Node>) -> Output? {
    guard let index = self[keyPath: path].ready.randomElement(using: &generator) else { return nil }
    let isAcknowledged = isCalm || !faults || !chance(15)
    return self[keyPath: path].take(index, isAcknowledged: isAcknowledged)
  }

  private mutating func deliver(_ output: Output) throws {
    values[output.id, default: []].append(output.value)
    switch output.destination {
    case .events: try append(output)
    case .calls:
      let command = try CallCommand(try JSON.parse(output.value))
      commandsSent[command.call.text, default: 0] += 1
      commands.append(command)
    case .results: results.append(output)
    case .reply: replies.append(output)
    case .signals: caller.cancel(try JSON.parse(output.value))
    }
  }

  private mutating func append(outcome event: Event, of id: String) throws {
    let call: CallID
    switch event {
    case .callCompleted(let completed): call = completed.call
    case .callFailed(let failed): call = failed.call
    default: return
    }
    try append(.event(event, of: id, call.local))
  }

  private mutating func append(_ output: Output) throws {
    let event = try Event.parse(type: output.type, id: output.id, value: output.value)
    log.append(
      Recorded(
        id: output.id, type: output.type, subject: output.subject ?? "", time: now, event: event,
        valueHash: SHA256.hash(output.value)))
  }

  // MARK: Faults

  private mutating func disturb() throws {
    guard chance(12) else { return }
    switch Int.random(in: 0..<7, using: &generator) {
    case 0:
      let index = Int.random(in: 0..<nodes.count, using: &generator)
      nodes[index].recover(log, now: now)
      crashes += 1
    case 1:
      // the partition moves; the old copy decides once more with what it knew
      let index = Int.random(in: 0..<nodes.count, using: &generator)
      var zombie = nodes[index]
      zombie.isZombie = true
      zombies = [zombie]
      nodes[index].recover(log, now: now)
      crashes += 1
    case 2:
      commands += caller.crash()
      crashes += 1
    case 3: now = now + Int64.random(in: 1...5_000, using: &generator)
    case 4:
      guard let id = asked.randomElement(using: &generator), chance(3) else { return }
      cancel(id, members: chance(2) ? [Int.random(in: 0..<3, using: &generator)] : nil)
    case 5:
      guard chance(6), let id = asked.randomElement(using: &generator) else { return }
      sentAgain += 1
      try append(.event(.restored, of: id, "broker-\(sentAgain)"))
    default:
      guard let recorded = log.randomElement(using: &generator) else { return }
      log.append(recorded)
    }
  }

  private mutating func cancel(_ id: String, members: [Int]?) {
    let pending = Dispatching.PendingCancel(
      request: CancelRequested(by: .client, members: members), source: "/conclave/gateway",
      id: "cancel-\(log.count)")
    nodes[0].cancels[id, default: []].append(pending)
    nodes[0].decideAgain(id, now: now)
  }
}
