internal import Deliberation
internal import Glibc

/// Callers come and go under load: 1, then 4, then 1 again. Nothing is called twice and nothing is lost.
enum ScaleScenario: Scenario {
  static let name = "scale"

  static func models(_ options: Options) -> Models {
    Models(manner: "latency-\(options.latency == "300-3000" ? "2000-6000" : options.latency)", maxOpen: 2000)
  }

  static func run(_ stage: Stage) throws(Failure) {
    guard stage.node != nil else { throw Failure("\(name) needs --kafka-home: only Kafka hands partitions over") }
    let options = stage.options
    try stage.open()
    let open = options.open ?? 500
    // one call an ask, so that as many calls are in flight as asks are open
    let clients = stage.startClients(
      Clients.Plan(
        asks: options.asks ?? open * 12, open: open, seed: options.seed, model: stage.house.models.single))
    let first = try stage.house.service("model-caller")
    var highest = inFlight(stage, [first.admin])
    _ = eventually(within: .seconds(60)) {
      highest = max(highest, inFlight(stage, [first.admin]))
      return highest >= open * 9 / 10
    }
    say("\(highest) calls in flight in one caller")
    stage.figure("in_flight_alone", .int(Int64(highest)))
    stage.demand(highest >= open * 9 / 10, "only \(highest) of \(open) calls were in flight")
    var copies: [(child: Child, admin: String)] = []
    for number in 1...3 {
      let copy = try stage.house.startCopy(of: first, number: number)
      copies.append(copy)
      _ = eventually(within: .seconds(20)) { stage.doors.isReady(copy.admin) }
      say("caller \(number + 1) is ready")
      _ = eventually(within: .seconds(3)) { false }
    }
    _ = eventually(within: .seconds(5)) { false }
    let shares = ([first.admin] + copies.map(\.admin)).map { inFlight(stage, [$0]) }
    say("in flight in the four: \(shares)")
    stage.figure("in_flight_in_four", .array(shares.map { .int(Int64($0)) }))
    stage.demand(shares.allSatisfy { $0 > 0 }, "not all of the four callers had calls: \(shares)")
    for copy in copies {
      let begun = ContinuousClock.now
      let wasOrderly = copy.child.end(within: .seconds(60))
      say("a caller ended after \((ContinuousClock.now - begun).milliseconds) ms, status \(copy.child.status ?? -1)")
      stage.demand(wasOrderly && copy.child.status == 0, "a caller that was asked to end did not end in order")
    }
    stage.demand(!clients.isDone, "the run was over before the callers had gone: use more --asks")
    stage.finish(clients, within: .seconds(300))
    let repeats = stage.house.simulatorMetric("conclave_simulator_executions_repeated_total") ?? -1
    stage.figure("repeated", .int(repeats))
    stage.demand(repeats == 0, "\(repeats) calls were made twice")
  }

  private static func inFlight(_ stage: Stage, _ admins: [String]) -> Int {
    admins.reduce(0) { $0 + Int(stage.doors.metrics($1)?.sum("conclave_calls_in_flight") ?? 0) }
  }
}
