package import Telemetry

/// Topics on a cluster: made where they are missing, or only checked.
package enum Admin {
  /// Makes what is missing and checks what is there.
  package static func create(_ settings: BusSettings, log: Log) async throws(BusError) {}
  package static func create(_ settings: BusSettings, shapes: [TopicShape], log: Log) async throws(BusError) {}
  /// Only checks: every topic is there, with the partitions that the services need.
  package static func check(_ settings: BusSettings, log: Log) async throws(BusError) {}
  /// What `settings.topics` says.
  package static func prepare(_ settings: BusSettings, log: Log) async throws(BusError) {}
}
