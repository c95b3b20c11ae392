import Bus
import Telemetry
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What the bus's tests talk to: the real broker that `CONCLAVE_KAFKA` names, else one embedded for the test.
struct BrokerUnderTest {
  let settings: BusSettings
  let embedded: EmbeddedBroker?

  /// Topics of its own, so that tests do not meet: `names` stand behind a prefix that nobody else has.
  static func start(_ topics: [(name: String, partitions: Int)]) async throws -> BrokerUnderTest {
    let prefix = "test.\(getpid()).\(UInt32.random(in: 0 ..< .max))."
    let shapes = topics.map { TopicShape(name: prefix + $0.name, partitions: $0.partitions, retention: nil) }
    if let bootstrap = Environment.kafka {
      let settings = BusSettings(bootstrap: bootstrap, kind: .kafka, prefix: prefix)
      try await Admin.create(settings, shapes: shapes, log: .silent)
      return BrokerUnderTest(settings: settings, embedded: nil)
    }
    let embedded = try EmbeddedBroker(topics: shapes)
    return BrokerUnderTest(
      settings: BusSettings(bootstrap: embedded.bootstrap, kind: .embedded, prefix: prefix), embedded: embedded)
  }

  /// Always embedded: for what only that broker can be asked to do.
  static func startEmbedded(_ topics: [(name: String, partitions: Int)]) throws -> (BrokerUnderTest, EmbeddedBroker) {
    let embedded = try EmbeddedBroker(
      topics: topics.map { TopicShape(name: "test." + $0.name, partitions: $0.partitions, retention: nil) })
    let settings = BusSettings(bootstrap: embedded.bootstrap, kind: .embedded, prefix: "test.")
    return (BrokerUnderTest(settings: settings, embedded: embedded), embedded)
  }

  func topic(_ name: String) -> String { settings.prefix + name }

  func partition(_ name: String, _ number: Int32 = 0) -> TopicPartition {
    TopicPartition(topic: topic(name), partition: number)
  }

  func producer(_ change: (inout BusSettings) -> Void = { _ in }, metrics: Metrics = Metrics()) throws -> Producer {
    var settings = settings
    change(&settings)
    return try Producer(settings, client: "test-producer", log: Environment.log, metrics: metrics)
  }

  func consumer(
    _ partitions: [TopicPartition], group: String? = nil, _ probe: Probe, metrics: Metrics = Metrics(),
    _ change: (inout BusSettings) -> Void = { _ in }
  ) throws -> Consumer {
    var settings = settings
    change(&settings)
    return try Consumer(
      settings, client: "test-consumer", subscription: .assigned(partitions, group: group.map { settings.prefix + $0 }),
      receiver: { probe }, log: Environment.log, metrics: metrics)
  }
}

enum Environment {
  static let kafka: String? = value("CONCLAVE_KAFKA")
  /// Log lines of the bus, where someone wants to see them.
  static let log: Log =
    value("CONCLAVE_TEST_LOG") == nil ? .silent : Log(service: "test", instance: "0", level: .debug, format: .text)

  static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

func text(_ string: String) -> [UInt8] { Array(string.utf8) }
