internal import Deliberation
internal import Glibc

/// A service is frozen for longer than its session while a second copy takes its partitions over; then it wakes and does
/// not know that it is late.
enum ZombieScenario: Scenario {
  static let name = "zombie"
  static let victims = ["panel-dispatcher", "aggregator", "judge", "model-caller"]

  static func models(_ options: Options) -> Models { Models(manner: "latency-\(options.latency)") }

  static func run(_ stage: Stage) throws(Failure) {
    guard stage.node != nil else { throw Failure("\(name) needs --kafka-home: only Kafka has sessions") }
    let options = stage.options
    // longer than a static member's session of 30 s
    let freeze = options.freezes.max() ?? 45
    try stage.open()
    let rate = options.rate ?? 8
    let clients = stage.startClients(
      Clients.Plan(
        // more than there is time for: work must be there whenever somebody wakes
        asks: options.asks ?? rate * (freeze + 60) * victims.count, open: options.open ?? 400, seed: options.seed,
        rate: rate, patience: .seconds(400)))
    _ = eventually(within: .seconds(60)) { clients.finished >= 20 }
    var table: [JSON] = []
    for (number, name) in victims.enumerated() { table.append(try haunt(name, number, freeze, stage)) }
    clients.enough()
    stage.figure("zombies", .array(table))
    stage.figure("asked", .int(Int64(clients.finished + clients.open)))
    stage.finish(clients, within: .seconds(600))
  }

  private static let partitionCount = 12

  /// How many partitions a service has: of the log, or a caller of its lane.
  private static func partitions(_ name: String, _ admin: String, _ stage: Stage) -> Int {
    let metric = name == "model-caller" ? "conclave_calls_partitions" : "conclave_folding_partitions"
    return Int(stage.doors.metrics(admin)?.sum(metric) ?? -1)
  }

  private static func haunt(_ name: String, _ number: Int, _ freeze: Int, _ stage: Stage) throws(Failure) -> JSON {
    let victim = try stage.house.service(name)
    let copy = try stage.house.startCopy(of: victim, number: number)
    guard eventually(within: .seconds(30), { stage.doors.isReady(copy.admin) }) else {
      throw Failure("the second \(name) is not ready:\n\(Files.tail(copy.child.log))")
    }
    let frozen = stage.noteKill(victim)
    try Process.send(SIGSTOP, to: victim.pid, program: name)
    say("\(name) is frozen for \(freeze) s; a second copy runs")
    _ = eventually(within: .seconds(freeze)) { false }
    // else it would be no zombie
    let taken = partitions(name, copy.admin, stage)
    stage.demand(taken == partitionCount, "the second \(name) has \(taken) of \(partitionCount) partitions at the thaw")
    let thawed = Time.now
    try Process.send(SIGCONT, to: victim.pid, program: name)
    var ready: Int64?
    _ = eventually(within: .seconds(60), every: .milliseconds(10)) {
      if ready == nil, stage.doors.isReady(victim.admin),
        stage.watch?.first(by: victim.instance, after: thawed + 50) != nil
      {
        ready = Time.now - thawed
      }
      return ready != nil
    }
    let isSame = stage.house.services.contains { $0.pid == victim.pid }
    say(
      "\(name) thawed, at work \(ready.map { "\($0) ms" } ?? "not") after; \(isSame ? "the same process" : "restarted")"
    )
    stage.demand(ready != nil, "\(name) did not work again within 60 s of its thaw")
    let ended = copy.child.end()
    stage.demand(ended && copy.child.status == 0, "the second \(name) did not end in order: \(copy.child.status ?? -1)")
    stage.line(
      "\(name): frozen \(thawed - frozen) ms, at work \(ready ?? -1) ms after its thaw, same process: \(isSame)")
    return [
      "service": .string(name), "frozen_ms": .int(thawed - frozen), "work_ms": .int(ready ?? -1),
      "same_process": .bool(isSame),
    ]
  }
}
