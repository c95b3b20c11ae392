internal import Bus
internal import Deliberation

/// The broker takes what is produced and says so too late: the producers send it again, and it stands twice in the log.
/// Now and then it makes a producer believe that its order is broken, which ends that producer for good.
enum DuplicatesScenario: Scenario {
  static let name = "duplicates"

  static func models(_ options: Options) -> Models { Models(manner: "latency-\(options.latency)") }

  static func run(_ stage: Stage) throws(Failure) {
    let options = stage.options
    let broker: EmbeddedBroker
    do {
      let settings = BusSettings(bootstrap: "", kind: .embedded)
      broker = try EmbeddedBroker(topics: Topics(settings).all)
    } catch { throw Failure("\(error)") }
    let own = OwnHouse(stage.house)
    defer { own.end() }
    // an answer that is late by more than this is as good as none
    try own.start(bootstrap: broker.bootstrap, properties: ["CONCLAVE_KAFKA_SOCKET_TIMEOUT_MS": "1000"])
    try stage.observe(bootstrap: broker.bootstrap, http: own.http, flags: ["--expect-doubles"], withControl: true)
    let clients = stage.startClients(
      Clients.Plan(asks: options.asks ?? 500, open: options.open ?? 100, seed: options.seed))
    var late = 0
    var broken = 0
    var next = ContinuousClock.now
    _ = eventually(within: .seconds(options.limit)) {
      if ContinuousClock.now >= next, clients.progress > 0.1, clients.progress < 0.9 {
        if (late + broken) % 4 == 3 {
          broker.pushErrors(.produce, [.requestTimedOut, .outOfOrderSequence, .outOfOrderSequence])
          broken += 1
        } else {
          broker.delayAnswers(.produce, by: .milliseconds(2500), count: 3)
          late += 1
        }
        next = .now + .seconds(3)
      }
      return clients.isDone
    }
    say("answers were late \(late) times, and an order was broken \(broken) times")
    stage.figure("late_answers", .int(Int64(late * 3)))
    stage.figure("broken_orders", .int(Int64(broken)))
    stage.demand(late > 0 && broken > 0, "the run was over before anything was spoilt: use more --asks")
    stage.finish(clients, within: .seconds(120))
    stage.demand(own.areAlive, "a service ended during the run")
    let replaced = own.services.reduce(0) { sum, service in
      sum + Int(stage.doors.metrics(service.admin)?.sum("conclave_bus_producers_replaced_total") ?? 0)
    }
    stage.figure("producers_replaced", .int(Int64(replaced)))
    stage.demand(replaced > 0, "no producer was replaced although an order was broken \(broken) times")
    stage.demand(stage.report.figures["control_failed"] == true, "the control without deduplication passes too")
    withExtendedLifetime(broker) {}
  }
}
