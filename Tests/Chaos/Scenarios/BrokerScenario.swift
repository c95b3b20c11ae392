internal import Deliberation
internal import Glibc

/// The one Kafka node is killed and started again in the middle of a run, and frozen for as long as a session and longer.
enum BrokerScenario: Scenario {
  static let name = "broker"
  /// A node that dies sooner after topics were made may lose them: that would be its fault, not ours.
  static let settling = Duration.seconds(20)
  /// How soon after the broker everything must be ready, and at work.
  static let bound: Int64 = 5000
  /// How many are answered between two faults: the run is under way again.
  static let calm = 100

  static func models(_ options: Options) -> Models { Models(manner: "latency-\(options.latency)") }

  static func run(_ stage: Stage) throws(Failure) {
    guard let node = stage.node else { throw Failure("\(name) needs --kafka-home") }
    let options = stage.options
    try stage.open()
    say("letting \(settling) pass after the topics were made")
    _ = eventually(within: settling - (.now - stage.opened)) { false }
    let faults = 1 + options.freezes.count
    let fewest = options.asks ?? 2000
    let rate = options.rate ?? 20
    // more than there is time for: work must be there at every fault, however long the one before took
    let clients = stage.startClients(
      Clients.Plan(
        asks: fewest + rate * (options.freezes.reduce(0, +) + 120 * faults), open: options.open ?? 200,
        seed: options.seed, rate: rate, patience: .seconds(400)))
    var table: [JSON] = []
    for fault in 0..<faults {
      let due = clients.finished + calm
      _ = eventually(within: .seconds(120)) { clients.finished >= due || clients.isDone }
      let what = fault == 0 ? "killed" : "frozen for \(options.freezes[fault - 1]) s"
      say("\(clients.finished) answered, \(clients.open) open: the broker is \(what)")
      stage.demand(!clients.isDone && clients.open > 0, "nothing was under way when the broker was \(what)")
      stage.book.note("the broker is \(what)")
      stage.watch?.forget()
      if fault == 0 {
        try node.signal(SIGKILL)
        try node.start()
      } else {
        try node.signal(SIGSTOP)
        _ = eventually(within: .seconds(options.freezes[fault - 1])) { false }
        try node.signal(SIGCONT)
      }
      let back = Time.now
      let measured = awaitWork(since: back, stage)
      say("in service again; ready after \(measured.ready) ms, all at work after \(measured.work) ms")
      table.append([
        "fault": .string(what), "ready_ms": .int(measured.ready), "work_ms": .int(measured.work),
      ])
      stage.line(
        "broker \(what): ready \(measured.ready) ms, every service at work \(measured.work) ms after it was back")
      stage.demand(measured.ready <= bound, "not ready within \(bound) ms of the broker that was \(what)")
      stage.demand(measured.work <= bound, "not at work within \(bound) ms of the broker that was \(what)")
      stage.demand(!clients.isDone, "the run was over when the broker that was \(what) was back")
    }
    _ = eventually(within: .seconds(options.limit)) { clients.finished + clients.open >= fewest }
    clients.enough()
    stage.figure("broker", .array(table))
    stage.figure("asked", .int(Int64(clients.finished + clients.open)))
    stage.finish(clients, within: .seconds(600))
  }

  /// Until every door says ready, and until each of the services that write events all the time has written one.
  private static func awaitWork(since back: Int64, _ stage: Stage) -> (ready: Int64, work: Int64) {
    var ready: Int64?
    var work: Int64?
    let limit = Duration.seconds(90)
    _ = eventually(within: limit, every: .milliseconds(10)) {
      if ready == nil, stage.house.services.count == House.services.count, stage.house.areReady {
        ready = Time.now - back
      }
      if work == nil {
        let firsts = stage.house.services.filter { KillScenario.victims.contains($0.name) }.map { service in
          stage.watch?.first(by: service.instance, after: back)
        }
        if firsts.count == KillScenario.victims.count, firsts.allSatisfy({ $0 != nil }) {
          work = firsts.compactMap { $0 }.max().map { $0 - back }
        }
      }
      return ready != nil && work != nil
    }
    return (ready ?? limit.milliseconds, work ?? limit.milliseconds)
  }
}
