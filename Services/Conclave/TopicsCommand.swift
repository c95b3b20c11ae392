internal import Bus
internal import Settings
internal import Telemetry

/// `conclave topics create|check`: by hand what services do at their start.
enum TopicsCommand: Command {
  static let name = "topics"
  static let operands = "create|check"
  static let summary = "make the topics on a Kafka cluster, or check those that are there"
  static let flags = [
    Flag("--kafka", "host:port", "the cluster (CONCLAVE_KAFKA)"),
    Flag("--config", "deploy/conclave.json", "whose lanes need a topic each"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands.count == 1, let action = BusSettings.TopicsMode(rawValue: arguments.operands[0]) else {
      throw .usage("say create or check")
    }
    var environment = environment
    if let kafka = arguments["--kafka"] { environment["CONCLAVE_KAFKA"] = kafka }
    if let config = arguments["--config"] { environment["CONCLAVE_CONFIG"] = UpPlan.absolute(config) }
    guard !(environment["CONCLAVE_KAFKA"] ?? "").isEmpty else {
      throw .usage("there is no cluster named: --kafka host:port (the embedded broker makes its topics by itself)")
    }
    let settings: Settings
    do { settings = try Settings.load(service: "conclave", environment: environment) } catch {
      throw .settings("\(error)")
    }
    let log = Log(service: "conclave", instance: "topics", level: .warning, format: settings.logFormat)
    try awaited { () throws(CommandError) in
      do {
        switch action {
        case .create: try await Admin.create(settings.bus, log: log, within: .seconds(30))
        case .check:
          try await Admin.check(settings.bus, log: log, within: .seconds(30))
          try await Admin.checkKeeping(settings.bus, log: log)
        }
      } catch { throw .failed("\(error)") }
    }
    for shape in Topics(settings.bus).all { Output.data("\(shape.name)\t\(shape.partitions)\n") }
    return 0
  }
}
