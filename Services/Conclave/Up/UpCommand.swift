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
    if plan.settings.bus.kind == .kafka {
      try awaited { () throws(CommandError) in try await prepareTopics(plan.settings) }
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

  /// Makes the topics, or checks them. A cluster that is not there yet may be on its way up: it is given half a minute.
  private static func prepareTopics(_ settings: Settings) async throws(CommandError) {
    let log = Log(service: "conclave", instance: "up", level: settings.logLevel, format: settings.logFormat)
    do { try await Admin.prepare(settings.bus, log: log, within: .seconds(30)) } catch { throw .failed("\(error)") }
  }
}
