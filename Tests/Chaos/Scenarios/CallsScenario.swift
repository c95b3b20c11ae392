internal import Bus
internal import Deliberation

/// One caller with thousands of calls in flight: how much memory it takes, and whether the others stay responsive.
enum CallsScenario: Scenario {
  static let name = "calls"
  static let memoryBound = 400.0

  static func models(_ options: Options) -> Models { Models(manner: "latency-5000") }

  static func run(_ stage: Stage) throws(Failure) {
    try stage.open(verifies: false)
    try measure(stage, services: stage.house.services, bootstrap: stage.house.bus)
  }

  static func measure(_ stage: Stage, services: [House.Service], bootstrap: String) throws(Failure) {
    let calls = stage.options.open ?? 5000
    guard let caller = services.first(where: { $0.name == "model-caller" }) else { throw Failure("no caller runs") }
    let before = Process.memory(of: caller.pid)
    let outcomes = try TopicCount(
      { $0.events }, type: "conclave.call.completed.v1", bootstrap: bootstrap, isEmbedded: stage.house.isEmbedded)
    defer { outcomes.stop() }
    try command(calls, bootstrap, stage)
    var inFlight = 0
    var slowest = Duration.zero
    var unanswered = 0
    let isDone = eventually(within: .seconds(120), every: .milliseconds(50)) {
      inFlight = max(inFlight, Int(stage.doors.metrics(caller.admin)?.sum("conclave_calls_in_flight") ?? 0))
      for service in services where service.name != caller.name {
        guard let answer = stage.doors.get("http://\(service.admin)/healthz"), answer.status == 200 else {
          unanswered += 1
          continue
        }
        slowest = max(slowest, answer.took)
      }
      return outcomes.count >= calls
    }
    let after = Process.memory(of: caller.pid)
    let highest = after?.highest ?? 0
    stage.line(
      "\(inFlight) calls in flight; the caller took \(Int(highest)) MB at most (\(Int(before?.now ?? 0)) MB before); "
        + "the others' slowest /healthz took \(slowest.milliseconds) ms")
    stage.figure("in_flight", .int(Int64(inFlight)))
    stage.figure("memory_mb", .double(highest))
    stage.figure("healthz_ms_slowest", .int(slowest.milliseconds))
    stage.figure("outcomes", .int(Int64(outcomes.count)))
    stage.demand(isDone, "\(outcomes.count) of \(calls) calls were completed")
    stage.demand(inFlight >= calls, "only \(inFlight) of \(calls) calls were in flight at once")
    stage.demand(after != nil && highest < memoryBound, "the caller took \(highest) MB")
    stage.demand(
      unanswered == 0 && slowest < .seconds(1), "\(unanswered) /healthz without an answer, slowest \(slowest)")
    let repeats = stage.house.simulatorMetric("conclave_simulator_executions_repeated_total") ?? -1
    stage.demand(repeats == 0, "\(repeats) calls were made twice")
  }

  /// Commands as a dispatcher would write them, for deliberations that nobody asked for.
  private static func command(_ calls: Int, _ bootstrap: String, _ stage: Stage) throws(Failure) {
    let pipeline = try Pipeline(bootstrap: bootstrap, isEmbedded: stage.house.isEmbedded)
    defer { pipeline.close() }
    let model = stage.house.models.single
    let deadline = Moment(milliseconds: Time.now + 120_000).rfc3339
    try pipeline.write(calls, to: .calls, within: .seconds(60)) { number in
      let deliberation = "calls-\(stage.options.seed)-\(number)"
      let command: JSON = [
        "call": .string("\(deliberation)/panel/0/0/0"), "deliberation": .string(deliberation), "purpose": "panel",
        "round": 0, "member": 0, "attempt": 0, "models": [.string(model)], "model_asked": .string(model),
        "tenant": "default", "messages": [["role": "user", "content": .string("Question \(number)?")]], "tools": [],
        "parameters": [:], "deadline": .string(deadline), "max_tool_calls": 4, "depth": 1, "stream": "none",
      ]
      return ("\(deliberation)/call/panel/0/0/0", deliberation, command)
    }
  }
}
