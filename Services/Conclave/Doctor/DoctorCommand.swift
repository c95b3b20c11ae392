internal import Bus
internal import Settings
internal import Web

/// `conclave doctor`: looks at everything that a deliberation needs and says of each whether it is there.
enum DoctorCommand: Command {
  static let name = "doctor"
  static let summary = "look at packages, settings, bus, keys and services, and say what to do"
  static let flags = [
    Flag("--kafka", "host:port", "the bus to look at (CONCLAVE_KAFKA; else the one that conclave up runs on)"),
    Flag("--config", "deploy/conclave.json", "models, presets, lanes, limits"),
    Flag("--data", "data", "where conclave up keeps run.json"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    if let operand = arguments.operands.first { throw .usage("\"\(operand)\" is not known") }
    var environment = environment
    if let kafka = arguments["--kafka"] { environment["CONCLAVE_KAFKA"] = kafka }
    if let config = arguments["--config"] { environment["CONCLAVE_CONFIG"] = UpPlan.absolute(config) }
    environment["CONCLAVE_DATA"] = UpPlan.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")

    let colour = Output.dataIsTerminal
    var failed = false
    func tell(_ findings: [Finding]) {
      for finding in findings {
        failed = failed || finding.level == .fail
        Output.data(finding.line(colour: colour) + "\n")
      }
    }
    tell(MachineCheck.findings())
    let running = RunFile.read(data: environment["CONCLAVE_DATA"] ?? "data")
    let setting: Settings
    do { setting = try BusClient.settings(running, environment: environment) } catch {
      tell([.fail("settings", error.description.replacing("settings: ", with: ""))])
      return 1
    }
    tell([.ok("settings", "valid")])
    tell(ModelsCheck.findings(setting, running))
    let isNamed = !(environment["CONCLAVE_KAFKA"] ?? "").isEmpty
    tell(try awaited { () throws(CommandError) in await BusCheck.findings(setting, running, isNamed: isNamed) })
    tell(try awaited { () throws(CommandError) in await ServicesCheck.findings(setting, running) })
    return failed ? 1 : 0
  }
}
