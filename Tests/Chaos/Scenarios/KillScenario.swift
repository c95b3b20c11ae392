internal import Deliberation
internal import Glibc

/// Each service that decides or calls is killed in the middle of its work, several times, and comes back; then the ledger.
enum KillScenario: Scenario {
  static let name = "kill"
  static let victims = ["panel-dispatcher", "model-caller", "aggregator", "judge"]
  /// When the ledger is killed: after the others, so that nothing of theirs depends on it.
  static let ledgerProgress = 0.86

  /// With fewer asks the control may pass.
  static let fewest = 1_000

  static func models(_ options: Options) -> Models { Models(manner: "latency-\(options.latency)") }

  static func run(_ stage: Stage) throws(Failure) {
    let options = stage.options
    let asks = options.asks ?? 2000
    let schedule = KillSchedule(victims, kills: options.kills, seed: options.seed)
    try stage.open(withControl: true)
    let clients = stage.startClients(
      Clients.Plan(asks: asks, open: options.open ?? 200, seed: options.seed))
    var recoveries: [Recovery] = []
    for moment in schedule.moments {
      _ = eventually(within: .seconds(options.limit)) { clients.progress >= moment.progress }
      let recovery = try kill(moment.victim, stage)
      let done = Int(clients.progress * 100)
      say(
        "at \(done) %: \(moment.victim) killed, ready after \(recovery.readyText), at work after \(recovery.workText)")
      recoveries.append(recovery)
    }
    _ = eventually(within: .seconds(options.limit)) { clients.progress >= ledgerProgress }
    for _ in 0..<options.kills { recoveries.append(try kill("ledger", stage)) }
    stage.finish(clients, within: .seconds(300))
    try stage.verifyLedger()
    report(recoveries, stage)
    // whether a small run leaves a double that shows is luck
    stage.demand(
      asks < fewest || stage.report.figures["control_failed"] == true, "the control without deduplication passes too")
  }

  struct Recovery {
    let victim: String
    /// Until its door said ready, and until it wrote an event; nil where that did not come.
    var ready: Int64?
    var work: Int64?

    var readyText: String { ready.map { "\($0) ms" } ?? "never" }
    var workText: String { work.map { "\($0) ms" } ?? "never" }
  }

  private static func kill(_ name: String, _ stage: Stage) throws(Failure) -> Recovery {
    var victim: House.Service?
    guard
      eventually(
        within: .seconds(30),
        {
          victim = stage.house.services.first { $0.name == name && stage.doors.isReady($0.admin) }
          return victim != nil
        }), let victim
    else { throw Failure("\(name) is not ready to be killed") }
    stage.watch?.forget()
    let at = stage.noteKill(victim)
    try Process.send(SIGKILL, to: victim.pid, program: name)
    guard eventually(within: .seconds(10), every: .milliseconds(1), { !Process.isRunning(victim.pid) }) else {
      throw Failure("\(name) survives SIGKILL")
    }
    return recovery(of: victim, since: at, gone: Time.now, stage)
  }

  /// `gone`: when the victim had ended; what was written before then was its own doing.
  static func recovery(of victim: House.Service, since at: Int64, gone: Int64, _ stage: Stage) -> Recovery {
    var recovery = Recovery(victim: victim.name)
    _ = eventually(within: .seconds(60), every: .milliseconds(10)) {
      if recovery.ready == nil,
        let now = stage.house.services.first(where: { $0.instance == victim.instance && $0.pid != victim.pid }),
        stage.doors.isReady(now.admin)
      {
        recovery.ready = Time.now - at
      }
      if victim.name == "ledger" {
        // it writes no events: it is at work when it has written rows, or there is nothing left to be written
        let isAtWork = stage.hasLedgerWritten(after: victim) || stage.clients.allSatisfy { $0.isDone }
        if recovery.work == nil, recovery.ready != nil, isAtWork { recovery.work = Time.now - at }
      } else if recovery.work == nil {
        recovery.work = stage.watch?.first(by: victim.instance, after: gone).map { $0 - at }
      }
      return recovery.ready != nil && recovery.work != nil
    }
    return recovery
  }

  private static func report(_ recoveries: [Recovery], _ stage: Stage) {
    let bound = Int64(stage.options.recoverWithin)
    var table = JSONObject()
    for victim in victims + ["ledger"] {
      let own = recoveries.filter { $0.victim == victim }
      stage.line("killed \(victim): at work after \(own.map(\.workText).joined(separator: ", "))")
      table[victim] = [
        "ready_ms": .array(own.map { $0.ready.map { .int($0) } ?? .null }),
        "work_ms": .array(own.map { $0.work.map { .int($0) } ?? .null }),
      ]
      stage.demand(
        own.allSatisfy { ($0.work ?? .max) <= bound }, "\(victim): work did not go on within \(bound) ms of each kill")
    }
    stage.figure("recovery", .object(table))
  }
}

/// When whom: seeded, in the part of a run in which work is under way.
struct KillSchedule: Equatable {
  struct Moment: Equatable {
    let victim: String
    /// The part of all asks that was answered by then.
    let progress: Double
  }

  let moments: [Moment]

  init(_ victims: [String], kills: Int, seed: UInt64) {
    var random = SplitMix(seed: seed)
    moments = victims.flatMap { victim in
      (0..<kills).map { _ in Moment(victim: victim, progress: Double.random(in: 0.2...0.85, using: &random)) }
    }.sorted { $0.progress < $1.progress }
  }
}
