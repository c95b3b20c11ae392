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
    let cluster: Cluster
    do { cluster = try await Admin.cluster(settings.bus, log: log, within: .seconds(5)) } catch {
      return [.fail("bus", "\(error)")]
    }
    let kind = settings.bus.kind == .embedded ? "embedded" : "Kafka"
    let shapes = Topics(settings.bus).all
    var findings: [Finding] = [.ok("bus", "\(kind) at \(settings.bus.bootstrap) answers")]
    if let misfit = cluster.misfit(shapes) { findings.append(.fail("topics", "\(misfit)")) }
    let missing = cluster.missing(shapes).map(\.name)
    if !missing.isEmpty {
      findings.append(.fail("topics", "missing: \(missing.joined(separator: " ")); make them: conclave topics create"))
    }
    if findings.count == 1 { findings.append(.ok("topics", "all \(shapes.count) are there in the right shape")) }
    if settings.bus.kind == .embedded {
      findings.append(
        .warn("durability", "the embedded broker keeps records in memory alone; for more: conclave up --kafka"))
    } else if cluster.brokers == 1 || settings.bus.replication == 1 {
      findings.append(.warn("replication", "one copy of everything: a broker that is lost takes its records along"))
    }
    return findings
  }
}
