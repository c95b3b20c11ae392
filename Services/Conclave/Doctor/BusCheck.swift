internal import Bus
internal import Settings
internal import Telemetry

/// Whether the bus answers, and whether its topics are what the services need.
enum BusCheck {
  /// A bus is expected where `conclave up` runs one or where one `isNamed`.
  static func findings(_ settings: Settings, _ running: RunFile?, isNamed: Bool) async -> [Finding] {
    guard running != nil || isNamed else {
      return [.warn("bus", "nothing runs from \(settings.data) and no CONCLAVE_KAFKA is set; start it with: deploy/up")]
    }
    let log = Log(service: "conclave", instance: "doctor", level: .error, format: settings.logFormat)
    do { try await Admin.check(settings.bus, log: log) } catch {
      return [.fail("bus", "\(error)")]
    }
    let kind = settings.bus.kind == .embedded ? "embedded" : "Kafka"
    var findings: [Finding] = [
      .ok("bus", "\(kind) at \(settings.bus.bootstrap) answers"),
      .ok("topics", "all \(Topics(settings.bus).all.count) are there in the right shape"),
    ]
    if settings.bus.kind == .embedded {
      findings.append(
        .warn("durability", "the embedded broker keeps records in memory alone; for more: conclave up --kafka"))
    }
    return findings
  }
}
