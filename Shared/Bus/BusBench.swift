package import Telemetry
internal import Threads

/// What the bus costs: one hop and reading, through `Producer` and `Consumer`, beside a plain C loop over librdkafka with
/// the same properties in the same process.
package enum BusBench {
  package struct Figures: Sendable {
    /// Seconds from producing a record to having it, one record after the other.
    package let p50: Double
    package let p99: Double
    /// Records read in a second, the median of the rounds.
    package let recordsPerSecond: Double
    /// Seconds of computing for each record by the thread that reads: a busy machine changes it little.
    package let cpuPerRecord: Double
  }

  package struct Result: Sendable {
    package let kind: BusSettings.Kind
    package let recordBytes: Int
    package let hops: Int
    package let records: Int
    package let bus: Figures
    package let plain: Figures

    /// 1 is as fast as C; the goals are at most 1.3 and at least 0.7.
    package var hopRatio: Double { bus.p50 / plain.p50 }
    package var rateRatio: Double { bus.recordsPerSecond / plain.recordsPerSecond }
  }

  static let rounds = 3
  static let limit = Duration.seconds(60)

  /// Without settings an embedded broker is started for the time of the run. On a real cluster two topics are made,
  /// `bench.hop` and `bench.rate`, which keep their records for an hour. Takes some ten seconds.
  package static func run(
    _ settings: BusSettings?, recordBytes: Int = 1_000, hops: Int = 2_000, records: Int? = nil, log: Log
  ) async throws(BusError) -> Result {
    let prefix = settings?.prefix ?? "conclave."
    let hour = Duration.seconds(3600)
    let hop = TopicShape(name: prefix + "bench.hop", partitions: 1, retention: hour)
    let rate = TopicShape(name: prefix + "bench.rate", partitions: 12, retention: hour)
    let broker = settings == nil ? try EmbeddedBroker(topics: [hop, rate], log: log) : nil
    let settings = settings ?? BusSettings(bootstrap: broker?.bootstrap ?? "", kind: .embedded)
    try await Admin.create(settings, shapes: [hop, rate], log: log, within: .seconds(30))
    // the embedded broker keeps 5 MiB of a partition
    let records = records ?? (settings.kind == .embedded ? min(40_000, 40_000_000 / recordBytes) : 200_000)
    let bench = try BusBenchRun(settings, payload: [UInt8](repeating: 120, count: recordBytes), log: log)
    let result = try await bench.run(hop: hop.name, hops: hops, rate: rate, records: records)
    withExtendedLifetime(broker) {}
    return result
  }
}
