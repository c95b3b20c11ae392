internal import Glibc
package import Bus
package import Settings
package import Telemetry

/// What every service is given: its settings, its log, its metrics, its readiness.
package struct ServiceContext: Sendable {
  package let settings: Settings
  package let log: Log
  package let metrics: Metrics
  package let readiness: Readiness
  /// The part of readiness that every service keeps: whether it is connected, and has its partitions where it has any.
  package let bus: Readiness.Condition
  package let topics: Topics

  /// Says in one line why the process cannot go on, and ends it with status 1. From any thread; other threads may be
  /// running, so nothing is torn down.
  package func fatal(_ why: String) -> Never {
    log.error("service.fatal", ("why", why))
    _exit(1)
  }
}
