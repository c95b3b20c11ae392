internal import Bus
internal import Settings

/// How a command that is no service finds the bus: what is named, else what `conclave up` says it runs on.
enum BusClient {
  static func settings(_ running: RunFile?, environment: [String: String]) throws(CommandError) -> Settings {
    var environment = environment
    environment["CONCLAVE_EMBEDDED"] = nil
    if (environment["CONCLAVE_KAFKA"] ?? "").isEmpty {
      // Where nothing runs the address is nobody's: whoever needs the bus looks at `running` first.
      environment["CONCLAVE_KAFKA"] = running.map(\.bus).flatMap { $0.isEmpty ? nil : $0 } ?? "127.0.0.1:1"
      if running?.kind != "kafka" { environment["CONCLAVE_EMBEDDED"] = "1" }
    }
    do { return try Settings.load(service: "conclave", environment: environment) } catch { throw .settings("\(error)") }
  }
}
