internal import Bus
internal import Glibc
internal import Settings
internal import Telemetry
internal import Threads

/// `conclave up`: the whole system on this machine, each service a process of its own.
enum UpCommand: Command {
  static let name = "up"
  static let summary = "run everything here: broker, services and, without provider keys, simulated models"
  static let flags = [
    Flag("--port", "8080", "where the HTTP door opens on 127.0.0.1 (0: any free port)"),
    Flag("--kafka", "host:port", "use that Kafka instead of the embedded broker, which lives in memory"),
    Flag("--config", "deploy/conclave.json", "models, presets, lanes, limits"),
    Flag("--data", "data", "where run.json and what lasts are kept"),
    Flag("--callers", "1", "how many model callers to start"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    // Before anything starts a thread: each would have to block the signals by itself.
    let signals = StopSignals()
    let plan = try UpPlan(arguments, environment: environment)
    let lock = try DataFolder(plan.settings.data)
    try Door.mustBeFree(plan.settings.http)
    if plan.settings.bus.kind == .kafka, try !prepareTopics(plan.settings, signals) {
      lock.release()
      return 0
    }

    let log = LogForwarder()
    let system = UpSystem(plan: plan, log: log)
    let supervisor = Supervisor(
      Roster(plan.slots), surroundings: system.surroundings, log: log, signals: signals)
    let status = Lock<Int32>(1)
    // Its thread starts the children, and they die with it: it lives until the last of them is gone, as does this wait.
    NamedThread.start("supervisor") {
      let end = supervisor.run()
      status.withLock { $0 = end }
    }.join()
    log.finish()
    system.end()
    lock.release()
    return status.withLock { $0 }
  }

  /// Makes the topics, or checks them, as soon as the cluster answers; false: Ctrl-C came first.
  private static func prepareTopics(_ settings: Settings, _ signals: StopSignals) throws(CommandError) -> Bool {
    let log = Log(service: "conclave", instance: "up", level: settings.logLevel, format: settings.logFormat)
    var said: ContinuousClock.Instant?
    while signals.next() == nil {
      let missing = try awaited { () throws(CommandError) -> BusError? in
        do throws(BusError) {
          try await Admin.prepare(settings.bus, log: log, within: .seconds(1))
          return nil
        } catch {
          guard error.isRetriable else { throw .failed("\(error)") }
          return error
        }
      }
      guard let missing else { return true }
      if said.map({ $0.duration(to: .now) >= .seconds(10) }) ?? true {
        log.warning("up.waits", ("error", missing))
        said = .now
      }
    }
    return false
  }
}
