internal import Bus
internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Settings
internal import Telemetry

/// Where one workload runs: names of topics that nobody else has, and a folder, on which systems are started one after
/// the other. On a given Kafka the topics are deleted at the end.
struct BenchBus: Sendable {
  let context: BenchContext
  let prefix: String
  let folder: String
  /// Of the given Kafka; nil: every system has an embedded broker of its own.
  let settings: BusSettings?
  /// Processes of the system that were there before: a broker, a simulator.
  let others: [(name: String, pid: Int32)]

  init(_ context: BenchContext, prefix: String) throws(CommandError) {
    self.context = context
    self.prefix = prefix
    others = context.brokers + context.simulators
    if let kafka = context.kafka {
      var environment = context.environment
      environment["CONCLAVE_KAFKA"] = kafka
      environment["CONCLAVE_TOPIC_PREFIX"] = prefix
      environment["CONCLAVE_EMBEDDED"] = nil
      do { settings = try Settings.load(service: "conclave", environment: environment).bus } catch {
        throw .settings("\(error)")
      }
    } else {
      settings = nil
    }
    folder = try Self.newFolder()
  }

  /// What a workload needs that cannot do without a real Kafka.
  var kafka: BusSettings {
    get throws(CommandError) {
      guard let settings else { throw .usage("this needs --kafka host:port") }
      return settings
    }
  }

  func end() throws(CommandError) {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      context.log.warning("bench.left", ("folder", folder), ("why", "\(error)"))
    }
    guard let settings else { return }
    try awaited { [prefix, context] () async throws(CommandError) in
      do {
        let cluster = try await Admin.cluster(settings, log: context.log, within: .seconds(30))
        try await Admin.delete(
          settings, topics: cluster.topics.keys.filter { $0.hasPrefix(prefix) }.sorted(), log: context.log)
      } catch { throw .failed("the topics \(prefix)… could not be deleted: \(error)") }
    }
  }

  /// What a plain C loop does over the same kind of broker.
  func probe() throws(CommandError) -> PlainProbe {
    try awaited { [settings, context] () async throws(CommandError) in
      do { return try await PlainProbe(settings, log: context.log) } catch { throw .failed("\(error)") }
    }
  }

  private static func newFolder() throws(CommandError) -> String {
    var path = Array((FileManager.default.temporaryDirectory.path + "/conclave-bench-XXXXXX").utf8CString)
    guard mkdtemp(&path) != nil else { throw .failed("no folder can be made for the measurement") }
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
